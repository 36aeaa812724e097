/** What a person does and sees in VS Code, by name. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { root } from '../../scripts/node24.mjs';
import { openBrowser, type Browser } from './browser.ts';
import { packagedExtension } from './packaged-extension.ts';
import { Server, type ServerOptions } from './server.ts';
import { until } from './until.ts';

const artifacts = join(root, 'test', 'editor', 'artifacts');

/** Publisher, name and the item's own id. */
export const statusItemId = 'hotset.hotset.status';

/** The palette is open, or its list there, within. */
const paletteMs = 5_000;

/** The editor draws spaces as no-break spaces. */
function plain(text: string): string {
  return text.replace(/\u00a0/g, ' ');
}

/** Themes by the class that the workbench has in them. */
const themes = {
  'Default Dark Modern': 'vs-dark',
  'Default Light Modern': 'vs',
  'Default High Contrast': 'hc-black',
};

export type Theme = keyof typeof themes;

/** A script for the page. */
const neverIdle = `
  window.requestIdleCallback = (callback, options) =>
    setTimeout(() => callback({ didTimeout: true, timeRemaining: () => 0 }), options?.timeout ?? 10000);
  window.cancelIdleCallback = clearTimeout;
`;

export interface WorkbenchOptions extends ServerOptions {
  /** Device pixels per pixel of the page. */
  scale?: number;
  /** Does not wait for the extension: as a person who types as soon as there is an editor. */
  isHasty?: boolean;
  /** A window that has no idle moment, as on a machine with much to do: what waits for one comes as late as it may. */
  isBusy?: boolean;
}

export class Workbench {
  readonly page: Page;
  readonly server: Server;
  private readonly browser: Browser;

  private constructor(server: Server, browser: Browser, page: Page) {
    this.server = server;
    this.browser = browser;
    this.page = page;
  }

  /** Installs the packaged extension, or another one that is named, into a fresh profile and opens the workspace. */
  static async open(options: WorkbenchOptions): Promise<Workbench> {
    const server = await Server.start({ vsix: packagedExtension(), ...options });
    try {
      const browser = await openBrowser(join(server.folder, 'chromium'), options.scale);
      if (options.isBusy === true) await browser.context.addInitScript({ content: neverIdle });
      const page = browser.context.pages()[0] ?? (await browser.context.newPage());
      page.setDefaultTimeout(30_000);
      const workbench = new Workbench(server, browser, page);
      await workbench.load();
      if (options.isHasty !== true) await workbench.statusItem.waitFor({ timeout: 60_000 });
      return workbench;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private async load(): Promise<void> {
    const url = `${this.server.url}?folder=${encodeURIComponent(this.server.workspace)}`;
    await this.page.goto(url, { waitUntil: 'domcontentloaded', timeout: 60_000 });
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
  }

  /** A second window of the same workspace; its `page` can be closed by itself. */
  async anotherWindow(): Promise<Workbench> {
    const other = new Workbench(this.server, this.browser, await this.browser.context.newPage());
    other.page.setDefaultTimeout(30_000);
    await other.load();
    await other.statusItem.waitFor({ timeout: 60_000 });
    return other;
  }

  async close(): Promise<void> {
    await this.browser.context.close();
    await this.server.stop();
  }

  get statusItem(): Locator {
    return this.page.locator(`[id="${statusItemId}"]`);
  }

  /** Text of the status item, icons left out. */
  async statusText(): Promise<string> {
    return plain(await this.statusItem.innerText()).trim();
  }

  /** Icon names, text and tooltip of the status item, as a screen reader is told. */
  async statusLabel(): Promise<string> {
    return (await this.statusItem.locator('a').getAttribute('aria-label')) ?? '';
  }

  /** Opens a file of the workspace and puts the cursor behind the first `marker`. */
  async openFile(name: string, marker?: string): Promise<void> {
    await this.page.getByRole('treeitem', { name }).dblclick();
    await this.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await this.page.locator('.editor-instance .view-line').first().waitFor();
    await this.page.keyboard.press('Control+1'); // focuses the first editor group
    await this.page.locator('.editor-instance .monaco-editor.focused').waitFor();
    if (marker !== undefined) await this.goTo(name, marker);
  }

  /** Puts the cursor behind the first `marker` of the file as it lies on disk. */
  async goTo(name: string, marker: string): Promise<void> {
    const before = this.read(name).split(marker)[0];
    if (before === undefined || before === this.read(name)) throw new Error(`${name} holds no ${marker}`);
    const lines = `${before}${marker}`.split('\n');
    await this.page.keyboard.press('Control+G');
    const input = this.page.locator('.quick-input-widget input');
    await input.waitFor();
    await input.fill(`:${String(lines.length)},${String((lines.at(-1) ?? '').length + 1)}`);
    await this.page.keyboard.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    await this.page.locator('.editor-instance .monaco-editor.focused').waitFor();
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text, { delay: 30 });
  }

  /** The whole ghost text that stands there now; empty when there is none. */
  async ghostText(): Promise<string> {
    const inline = await this.page.locator('.editor-instance .ghost-text-decoration').allInnerTexts();
    const following = await this.page
      .locator('.editor-instance .suggest-preview-text .view-line')
      .allInnerTexts();
    return [inline.map(plain).join(''), ...following.map(plain)].join('\n').replace(/^\n+$/, '');
  }

  /**
   * Waits until two readings agree: the first line and those below are drawn one after the other.
   * @throws Error that tells a model with nothing to say from an engine that does not answer
   */
  async waitForGhostText(): Promise<string> {
    let previous = '';
    try {
      return await until('ghost text', async () => {
        const current = await this.ghostText();
        const settled = current === previous && current;
        previous = current;
        return settled;
      });
    } catch (cause) {
      const status = await this.statusText();
      const why = status.includes('t/s') ? 'the model says nothing here' : 'the engine did not answer';
      throw new Error(`no ghost text: ${why} (status bar: ${JSON.stringify(status)})`, { cause });
    }
  }

  /** Takes the ghost text with Tab. What stands there afterwards, if anything, is the next suggestion. */
  async acceptGhostText(): Promise<string> {
    const shown = await this.waitForGhostText();
    await this.page.keyboard.press('Tab');
    await until('the ghost text is taken', async () => (await this.ghostText()) !== shown);
    return shown;
  }

  async waitForNoGhostText(): Promise<void> {
    await until('no ghost text', async () => (await this.ghostText()) === '');
  }

  /** Saves the active file and returns what then lies on disk. */
  async save(name: string): Promise<string> {
    await this.page.keyboard.press('Control+S');
    await until(
      'the file is saved',
      async () => (await this.page.locator('.tab.active.dirty').count()) === 0,
    );
    return this.read(name);
  }

  /** The file as it lies on disk. */
  read(name: string): string {
    return readFileSync(join(this.server.workspace, name), 'utf8');
  }

  /** Settings of machine scope, as they lie on disk; none while the editor writes them. */
  machineSettings(): Record<string, unknown> {
    const path = join(this.server.folder, 'data', 'Machine', 'settings.json');
    if (!existsSync(path)) return {};
    const text = readFileSync(path, 'utf8');
    // The editor empties the file and then fills it: what is read in between is no whole object.
    return text.trimEnd().endsWith('}') ? (JSON.parse(text) as Record<string, unknown>) : {};
  }

  /** Changes the theme of the open window, by the workspace's settings. */
  async changeTheme(theme: Theme): Promise<void> {
    const path = join(this.server.workspace, '.vscode', 'settings.json');
    const settings = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...settings, 'workbench.colorTheme': theme }));
    await this.page.locator(`.monaco-workbench.${themes[theme]}`).waitFor();
  }

  /** Takes back what was not saved. */
  async revert(): Promise<void> {
    if ((await this.page.locator('.tab.active.dirty').count()) === 0) return;
    await this.command('File: Revert File');
    await until(
      'the file is reverted',
      async () => (await this.page.locator('.tab.active.dirty').count()) === 0,
    );
  }

  /** Runs a command through the palette; that closes where an editor which has just opened takes the focus, and is opened again. */
  async command(title: string): Promise<void> {
    const input = this.page.locator('.quick-input-widget input');
    const chosen = this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: title });
    const choose = async () => {
      await this.page.keyboard.press('F1');
      await input.waitFor({ timeout: paletteMs });
      await input.fill(`>${title}`, { timeout: paletteMs });
      await chosen.waitFor({ timeout: paletteMs });
      return true;
    };
    await until(`the command ${title}`, () => choose().catch(() => false), 60_000);
    await this.page.keyboard.press('Enter');
  }

  /** Messages of the notifications that stand there now. */
  async notifications(): Promise<string[]> {
    return this.page.locator('.notification-list-item-message').allInnerTexts();
  }

  /** Process ids of running engines of this workbench's extension. */
  enginePids(): number[] {
    return processes().filter(
      (pid) =>
        commandLine(pid).includes(join(this.server.folder, 'extensions')) &&
        commandLine(pid).includes('engine.cjs'),
    );
  }

  /** Process ids of the extension hosts of this workbench. */
  extensionHostPids(): number[] {
    return processes().filter(
      (pid) => commandLine(pid).includes('extensionHost') && isBelow(pid, this.server.pid),
    );
  }

  /** Addresses outside this machine that the page asked for. */
  get outside(): string[] {
    return [...this.browser.outside];
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(artifacts, { recursive: true });
    await this.page.screenshot({ path: join(artifacts, `${name}.png`), animations: 'disabled' });
  }

  /** To be called after each test: keeps what a failed one left on the screen. */
  async pictureOfFailure(test: TestContext): Promise<void> {
    // Node 24 tells; the types are those of Node 22.
    const { passed } = test as TestContext & { passed: boolean };
    if (!passed) await this.screenshot(`failed ${test.name.slice(0, 60)}`);
  }

  /** A picture of what lies around an element, `margin` pixels to each side. */
  async closeUp(name: string, element: Locator, margin = 60): Promise<void> {
    // The editor may be drawing it anew just now.
    const box = await until(`something to take the picture ${name} of`, () => element.boundingBox());
    const size = this.page.viewportSize() ?? { width: Infinity, height: Infinity };
    const x = Math.max(0, box.x - margin);
    const y = Math.max(0, box.y - margin);
    const width = Math.min(size.width, box.x + box.width + margin) - x;
    const height = Math.min(size.height, box.y + box.height + margin) - y;
    mkdirSync(artifacts, { recursive: true });
    const clip = { x, y, width, height };
    await this.page.screenshot({ path: join(artifacts, `${name}.png`), animations: 'disabled', clip });
  }
}

function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Whether `pid` is a child, or a child's child, of `ancestor`. */
function isBelow(pid: number, ancestor: number): boolean {
  for (let at = pid; at > 1; at = parentOf(at)) if (at === ancestor) return true;
  return false;
}

function parentOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
    return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0; // the process ended meanwhile
  }
}

/** Arguments are parted by NUL; empty for a process that is no more. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
  } catch {
    return ''; // the process ended meanwhile
  }
}
