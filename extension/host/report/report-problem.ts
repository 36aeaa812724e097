/** The command that puts a problem report together. The person reads it first; only then, and only when told, it is copied. */
import { arch, cpus, homedir, release, totalmem, type } from 'node:os';
import * as vscode from 'vscode';
import type { Inquiries } from '../../scheduling/inquiry.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { LogMemory } from './log-memory.ts';
import { reportText } from './report.ts';

export interface ReportTools {
  readonly extension: vscode.Extension<unknown>;
  readonly supervisor: Pick<EngineSupervisor, 'state'>;
  readonly inquiries: Pick<Inquiries, 'all'>;
  readonly logMemory: Pick<LogMemory, 'lines'>;
}

interface Manifest {
  readonly version: string;
  readonly contributes: {
    readonly configuration: { readonly properties: Readonly<Record<string, unknown>> };
  };
}

const copy = 'Copy It';

export async function reportProblem({
  extension,
  supervisor,
  inquiries,
  logMemory,
}: ReportTools): Promise<void> {
  const manifest = extension.packageJSON as Manifest;
  const content = reportText({
    versions: {
      Hotset: manifest.version,
      'VS Code': `${vscode.version} (${vscode.env.appHost}, ${vscode.env.uiKind === vscode.UIKind.Web ? 'web' : 'desktop'})`,
      Node: process.versions.node,
      ...(process.versions['electron'] === undefined ? {} : { Electron: process.versions['electron'] }),
      'runs on':
        extension.extensionKind === vscode.ExtensionKind.UI ? "the window's machine" : 'the remote machine',
    },
    machine: {
      system: `${type()} ${release()}, ${arch()}`,
      processor: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${String(cpus().length)} threads`,
      memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    },
    settings: changedSettings(Object.keys(manifest.contributes.configuration.properties)),
    state: supervisor.state,
    inquiries: inquiries.all,
    log: logMemory.lines,
    folders: [homedir(), ...(vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath)],
  });
  const document = await vscode.workspace.openTextDocument({ language: 'markdown', content });
  await vscode.window.showTextDocument(document);
  const answer = await vscode.window.showInformationMessage(
    'This is the whole report: no code, no paths. Change what you like before it is copied; nothing is sent.',
    copy,
  );
  if (answer === copy) await vscode.env.clipboard.writeText(document.getText());
}

function changedSettings(names: readonly string[]): Record<string, unknown> {
  const configuration = vscode.workspace.getConfiguration();
  const changed = names
    .map(
      (name) => [name, configuration.get<unknown>(name), configuration.inspect(name)?.defaultValue] as const,
    )
    .filter(([, value, usual]) => JSON.stringify(value) !== JSON.stringify(usual));
  return Object.fromEntries(changed.map(([name, value]) => [name, value]));
}
