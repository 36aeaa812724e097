/** Says what is wrong with a model file though it can be used: once for each file, not at each load. */
import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { ModelFigures } from '../../protocol/figures.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';

const memoryKey = 'knownWarnings';
/** More files than anybody tries. */
const mostKnown = 100;
const chooseModel = 'Choose Model';

/** @param memory keeps what was said */
export function notifyOfWarnings(supervisor: EngineSupervisor, memory: vscode.Memento): vscode.Disposable {
  return vscode.Disposable.from(
    supervisor.onState((state) => {
      if (state.kind !== 'ready' || state.model.warnings.length === 0) return;
      const warning = warningOf(state.model);
      const known = memory.get<readonly string[]>(memoryKey, []);
      const told = `${state.model.path}: ${warning}`;
      if (known.includes(told)) return;
      void memory.update(memoryKey, [...known, told].slice(-mostKnown));
      void notify(warning);
    }),
  );
}

function warningOf({ path, warnings }: ModelFigures): string {
  return `${basename(path)} ${warnings.join('. It ')}.`;
}

async function notify(warning: string): Promise<void> {
  const chosen = await vscode.window.showWarningMessage(`Hotset: ${warning}`, chooseModel);
  if (chosen === chooseModel) await vscode.commands.executeCommand('hotset.chooseModel');
}
