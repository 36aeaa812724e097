/**
 * Somebody who types, deletes, accepts, undoes, moves and switches files at random, and knows after each edit what the
 * document must say.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from '../random.ts';
import { type EditorText, readEditor } from './editor-text.ts';
import { until } from './until.ts';
import type { Workbench } from './workbench.ts';

const tabSize = 4;

/** What the editor does by itself to what is typed would have to be told from what a suggestion does to it. */
export const plainTyping = {
  'editor.detectIndentation': false,
  'editor.tabSize': tabSize,
  'editor.autoIndent': 'none',
  'editor.useTabStops': false,
  'editor.trimAutoWhitespace': false,
  'editor.stickyScroll.enabled': false,
  'editor.autoSurround': 'never',
  'editor.autoClosingQuotes': 'never',
  'editor.autoClosingComments': 'never',
};

const snippets = [
  ...['self.', 'return ', 'for item in ', 'if ', ' = ', 'count', 'items', '(', ')', '[', ']', ':', '0'],
  ...['\n', '\n', '\n    ', '\n        ', 'const ', 'this.', '{', '}', ';', ', ', ' + ', "'", '"', '#', '/'],
];
const most = { lines: 40 };
/** A suggestion that was drawn the same twice, so far apart, is the one that Tab takes. */
const steadyMs = 150;
/** By then even a busy machine has drawn what undoing brings back. */
const undoneMs = 700;

interface File {
  text: string;
  /** Offset into the text. */
  cursor: number;
  /** All that the file has ever said: what undoing can bring back. */
  readonly history: Set<string>;
}

type Action = () => Promise<string>;

export class Typist {
  accepted = 0;
  readonly #workbench: Workbench;
  readonly #patienceMs: number;
  readonly #random: () => number;
  readonly #files = new Map<string, File>();
  #name = '';

  /** @param patienceMs how long a suggestion is waited for before something else is done */
  constructor(workbench: Workbench, seed: number, patienceMs: number) {
    this.#workbench = workbench;
    this.#patienceMs = patienceMs;
    this.#random = randomNumbers(seed);
  }

  async open(name: string): Promise<void> {
    await this.#workbench.openFile(name);
    const text = this.#workbench.read(name);
    this.#files.set(name, { text, cursor: 0, history: new Set([text]) });
    this.#name = name;
    await this.#press('Control+End');
    this.#file.cursor = text.length;
    await this.#check('opening');
  }

  /** @returns what was done */
  async edit(): Promise<string> {
    const type: Action = () => this.#type(this.#pick(snippets));
    const accept: Action = () => this.#accept();
    const actions = [
      ...[type, type, type, type, accept, accept],
      ...[() => this.#erase('Backspace'), () => this.#erase('Delete')],
      ...[() => this.#dismiss(), () => this.#undo(), () => this.#move(), () => this.#move()],
      () => this.#switch(),
    ];
    const isLong = this.#file.text.split('\n').length > most.lines;
    const done = await (isLong ? this.#clear() : this.#pick(actions)());
    await this.#check(done);
    return done;
  }

  /** Saves every file. */
  async save(): Promise<void> {
    for (const name of this.#files.keys()) {
      await this.#show(name);
      assert.equal(await this.#workbench.save(name), this.#file.text, `${name} as saved`);
    }
  }

  async #type(text: string): Promise<string> {
    for (const character of text) {
      await this.#press(character === '\n' ? 'Enter' : character);
      this.#replace(0, 0, character);
      await sleep(this.#random() * 60);
    }
    return `typing ${JSON.stringify(text)}`;
  }

  async #erase(key: 'Backspace' | 'Delete'): Promise<string> {
    const times = 1 + Math.floor(this.#random() * 4);
    for (let time = 0; time < times; time++) {
      await this.#press(key);
      if (key === 'Backspace') this.#replace(1, 0, '');
      else this.#replace(0, 1, '');
    }
    return `${key} ${times} times`;
  }

  /** Takes what is suggested, if anything is: the document must then say what was shown. */
  async #accept(): Promise<string> {
    const { text, shown } = await this.#steady(this.#patienceMs);
    if (shown === text) return this.#type('\n');
    await this.#press('Tab');
    if (this.#isIndentation(shown)) {
      const { cursor } = this.#file;
      const column = cursor - (text.lastIndexOf('\n', cursor - 1) + 1);
      this.#replace(0, 0, ' '.repeat(tabSize - (column % tabSize)));
      return 'indenting';
    }
    this.#set(shown);
    this.accepted++;
    await this.#check(`accepting ${JSON.stringify(shown)}`);
    await this.#toEnd();
    return 'accepting';
  }

  /** In front of a line, Tab indents first where a suggestion begins with as much white space as it would add. */
  #isIndentation(shown: string): boolean {
    const { text, cursor } = this.#file;
    const before = text.slice(text.lastIndexOf('\n', cursor - 1) + 1, cursor);
    const [line = ''] = shown.slice(cursor).split('\n');
    const blank = line.trim() === '' ? line.length - 1 : line.length - line.trimStart().length;
    return before.trim() === '' && shown.startsWith(text.slice(0, cursor)) && blank >= tabSize;
  }

  async #dismiss(): Promise<string> {
    await this.#press('Escape');
    return 'dismissing';
  }

  /** How much one undoing takes back is the editor's affair; it is something that stood there. */
  async #undo(): Promise<string> {
    const { history } = this.#file;
    const isRedone = this.#random() < 0.3;
    await this.#press(isRedone ? 'Control+Y' : 'Control+Z');
    const { text } = await this.#steady(undoneMs);
    assert.ok(history.has(text), `undoing brings what never stood there: ${JSON.stringify(text)}`);
    this.#set(text);
    await this.#toEnd();
    return 'undoing';
  }

  async #move(): Promise<string> {
    const key = this.#pick(['ArrowLeft', 'ArrowRight', 'Control+Home', 'Control+End', 'End']);
    const { text, cursor } = this.#file;
    await this.#press(key);
    const lineEnd = text.indexOf('\n', cursor);
    const places: Record<string, number> = {
      ArrowLeft: Math.max(0, cursor - 1),
      ArrowRight: Math.min(text.length, cursor + 1),
      'Control+Home': 0,
      'Control+End': text.length,
      End: lineEnd === -1 ? text.length : lineEnd,
    };
    this.#file.cursor = places[key] ?? cursor;
    return key;
  }

  async #switch(): Promise<string> {
    await this.#show(this.#pick([...this.#files.keys()]));
    return `switching to ${this.#name}`;
  }

  async #show(name: string): Promise<void> {
    const { page } = this.#workbench;
    await page.locator(`.tab[data-resource-name="${name}"]`).click();
    await page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
    await page.keyboard.press('Control+1');
    await page.locator('.editor-instance .monaco-editor.focused').waitFor();
    this.#name = name;
  }

  async #clear(): Promise<string> {
    await this.#press('Control+A');
    await this.#press('Delete');
    this.#set('');
    this.#file.cursor = 0;
    return 'clearing';
  }

  async #toEnd(): Promise<void> {
    await this.#press('Control+End');
    this.#file.cursor = this.#file.text.length;
  }

  /** What is drawn once it does not change any more. */
  async #steady(waitMs: number): Promise<EditorText> {
    const end = performance.now() + waitMs;
    let before = await readEditor(this.#workbench.page);
    for (;;) {
      await sleep(steadyMs);
      const now = await readEditor(this.#workbench.page);
      const isSteady = now.shown === before.shown && now.text === before.text;
      if (isSteady && (now.shown !== now.text || performance.now() > end)) return now;
      before = now;
    }
  }

  async #check(done: string): Promise<void> {
    let { text } = await readEditor(this.#workbench.page);
    await until(
      'the document says what was edited',
      async () => {
        ({ text } = await readEditor(this.#workbench.page));
        return text === this.#file.text;
      },
      5_000,
    ).catch(() => {
      assert.equal(text, this.#file.text, `${this.#name} after ${done}`);
    });
    assert.deepEqual(await this.#workbench.notifications(), [], `after ${done}`);
  }

  async #press(key: string): Promise<void> {
    await this.#workbench.page.keyboard.press(key);
  }

  /** Replaces so many characters left and right of the cursor. */
  #replace(left: number, right: number, text: string): void {
    const { text: before, cursor } = this.#file;
    const start = Math.max(0, cursor - left);
    this.#set(before.slice(0, start) + text + before.slice(cursor + right));
    this.#file.cursor = start + text.length;
  }

  #set(text: string): void {
    this.#file.text = text;
    this.#file.history.add(text);
  }

  get #file(): File {
    const file = this.#files.get(this.#name);
    assert.ok(file !== undefined, 'no file is open');
    return file;
  }

  #pick<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.#random() * values.length)];
    assert.ok(value !== undefined);
    return value;
  }
}
