/**
 * A real VS Code workbench on a loopback port: code-server with a fresh profile, nothing kept, nothing looked up
 * outside this machine.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { environmentWithNode24, root } from '../../scripts/node24.mjs';
import { freePort } from '../free-port.ts';
import { until } from './until.ts';

const codeServer = join(root, 'test', 'editor', 'rig', 'node_modules', '.bin', 'code-server');

/** Silences everything that would cover the editor or reach for the network. */
const quietSettings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'window.commandCenter': false,
  'git.openRepositoryInParentFolders': 'never',
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.suggestOnTriggerCharacters': false,
  'editor.autoClosingBrackets': 'never',
  'editor.minimap.enabled': false,
  'files.autoSave': 'off',
  'files.simpleDialog.enable': true,
  // Whatever the model thinks of it: what is tested here is how a suggestion is shown.
  'hotset.minimumConfidence': 0,
};

export interface ServerOptions {
  /** Workspace files by relative path. */
  files: Record<string, string>;
  /** User settings on top of the quiet ones. */
  settings?: Record<string, unknown>;
  /** Settings of machine scope, which this workbench takes from nowhere else. */
  machineSettings?: Record<string, unknown>;
  /** Extension to install; none when left out. */
  vsix?: string;
  /** Further arguments of the server. */
  serverArguments?: string[];
  /** Of the server and all that it starts, on top of this process's; told the folder that holds all that it keeps. */
  environment?: (folder: string) => Record<string, string>;
  /** Called with that folder when the extension is installed, before the server is started. */
  prepare?: (folder: string) => void;
}

export class Server {
  readonly folder: string;
  readonly workspace: string;
  readonly url: string;
  readonly port: number;
  private readonly process: ChildProcess;
  private readonly install: (vsix: string) => void;
  private output = '';

  private constructor(
    folder: string,
    port: number,
    { process, install }: { process: ChildProcess; install: (vsix: string) => void },
  ) {
    this.folder = folder;
    this.install = install;
    this.workspace = join(folder, 'workspace');
    this.port = port;
    this.url = `http://127.0.0.1:${String(port)}/`;
    this.process = process;
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    }
  }

  static async start(options: ServerOptions): Promise<Server> {
    if (!existsSync(codeServer)) throw new Error('no workbench to test in: run `npm run setup test` first');
    const folder = mkdtempSync(join(tmpdir(), 'hotset-editor-'));
    const data = join(folder, 'data');
    const extensions = join(folder, 'extensions');
    mkdirSync(join(data, 'User'), { recursive: true });
    mkdirSync(extensions);
    const settings = { ...quietSettings, ...options.settings };
    writeFileSync(join(data, 'User', 'settings.json'), JSON.stringify(settings));
    mkdirSync(join(data, 'Machine'));
    writeFileSync(join(data, 'Machine', 'settings.json'), JSON.stringify(options.machineSettings ?? {}));
    // The settings file has to exist before the page opens: one in a folder made later can be missed by the watcher.
    const files = { '.vscode/settings.json': '{}', ...options.files };
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, 'workspace', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }

    const env = {
      ...environmentWithNode24(),
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      XDG_DATA_HOME: folder,
      EXTENSIONS_GALLERY: '{}',
      ...options.environment?.(folder),
    };
    const folders = ['--user-data-dir', data, '--extensions-dir', extensions];
    const common = [...folders, '--config', join(folder, 'config.yaml')];
    const install = (vsix: string) => {
      execFileSync(codeServer, ['--install-extension', vsix, '--force', ...common], { env, stdio: 'pipe' });
    };
    if (options.vsix !== undefined) install(options.vsix);
    options.prepare?.(folder);
    const port = await freePort();
    const process_ = spawn(
      codeServer,
      [
        ...['--bind-addr', `127.0.0.1:${String(port)}`, '--auth', 'none', '--disable-telemetry'],
        ...['--disable-update-check', '--disable-workspace-trust', '--disable-getting-started-override'],
        // Without a short grace time the extension host outlives the page by hours.
        ...['--disable-proxy', '--ignore-last-opened', '--reconnection-grace-time', '5', ...common],
        ...(options.serverArguments ?? []),
      ],
      { env, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const server = new Server(folder, port, { process: process_, install });
    await until('the workbench server answers', async () => {
      if (process_.exitCode !== null) throw new Error(`the server ended:\n${server.output}`);
      return fetch(`${server.url}healthz`).then(
        (response) => response.ok,
        () => false,
      );
    });
    return server;
  }

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('the server did not start');
    return this.process.pid;
  }

  /** Installs an extension, or another version of it, while the server runs. */
  installExtension(vsix: string): void {
    this.install(vsix);
  }

  /** The last of what the server printed, for a failing test. */
  log(): string {
    return this.output.slice(-2000);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = new Promise((resolve) => this.process.once('exit', resolve));
      this.process.kill('SIGTERM');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 300 });
  }
}
