/** Somebody who types whatever happens, and knows what the document must say. */
import assert from 'node:assert/strict';
import { readEditor } from '../editor/editor-text.ts';
import { plainTyping } from '../editor/typist.ts';
import { until } from '../editor/until.ts';
import { messagesIn, watchMessages } from './messages.ts';
import { Workbench, type WorkbenchOptions } from '../editor/workbench.ts';

export const name = 'inventory.py';
const start = `class Inventory:
    def __init__(self):
        self.items = {}

    def add(self, item, count):
        self.items[item] = self.items.get(item, 0) + count
`;
const marker = 'self.items = {}';
/** No key is lost on a machine that is busy with other things, but it may take its time. */
const patienceMs = 15_000;
/** So long is waited for ghost text before another key is pressed: VS Code asks at keys alone. */
const lookMs = 1_000;

/** What the model has not been asked about yet: what is known is suggested without any engine. */
const nouns = ['count', 'total', 'names', 'prices', 'limit', 'first', 'size', 'owner', 'index', 'label'];

export class Scribe {
  readonly workbench: Workbench;
  #text = start;
  #cursor = start.indexOf(marker) + marker.length;
  #lines = 0;
  #typed = '';

  private constructor(workbench: Workbench) {
    this.workbench = workbench;
  }

  static async open(options: Partial<WorkbenchOptions> = {}): Promise<Scribe> {
    const workbench = await Workbench.open({
      ...options,
      files: { [name]: start, ...options.files },
      settings: { ...plainTyping, ...options.settings },
    });
    try {
      const scribe = new Scribe(workbench);
      await watchMessages(workbench.page);
      await scribe.sit();
      return scribe;
    } catch (error) {
      await workbench.close();
      throw error;
    }
  }

  /** What a person was told since the window was loaded. */
  async messages(): Promise<string[]> {
    return await messagesIn(this.workbench.page);
  }

  /** Opens the document at its place; what it says is what was saved last. */
  async sit(): Promise<void> {
    await this.workbench.openFile(name, marker);
    await this.check('opening');
  }

  /** Runs a command that asks nothing, as somebody does who types on once the text has the cursor again. */
  async command(title: string): Promise<void> {
    const { page } = this.workbench;
    await this.workbench.command(title);
    await page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    await page.locator('.editor-instance .monaco-editor.focused').waitFor();
  }

  /** Begins another line that has something to be said about. */
  async typeLine(): Promise<void> {
    const noun = nouns[this.#lines % nouns.length] ?? 'count';
    await this.type(`\n        self.${noun}_${String(++this.#lines)} =`);
  }

  async type(text: string): Promise<void> {
    for (const character of text) {
      await this.workbench.page.keyboard.press(character === '\n' ? 'Enter' : character, { delay: 15 });
      this.#insert(character);
    }
  }

  /** Takes the line back, letter by letter. */
  async erase(): Promise<void> {
    await this.workbench.page.keyboard.press('Escape');
    while (this.#typed !== '') await this.#backspace();
    await this.check('erasing');
  }

  /** The document says what was typed, no more and no less. @returns milliseconds until it was drawn */
  async check(after: string): Promise<number> {
    const begin = performance.now();
    let { text } = await readEditor(this.workbench.page);
    await until(
      'the document says what was typed',
      async () => ({ text } = await readEditor(this.workbench.page)).text === this.#text,
      patienceMs,
    ).catch(() => {
      assert.equal(text, this.#text, `after ${after}`);
    });
    return performance.now() - begin;
  }

  /**
   * Types on until something is suggested for text that nobody was asked about before.
   * @throws Error when that takes longer than `milliseconds`
   */
  async untilSuggested(milliseconds = 60_000): Promise<void> {
    await until(
      'ghost text',
      async () => {
        await this.type(' ');
        if (await this.#isSuggested()) return true;
        await this.#backspace();
        if (await this.#isSuggested()) return true;
        // What the model has nothing to say about says nothing of the engine.
        await this.erase();
        await this.typeLine();
        return await this.#isSuggested();
      },
      milliseconds,
    );
  }

  /** What is saved is what was typed. */
  async save(): Promise<void> {
    assert.equal(await this.workbench.save(name), this.#text, 'as saved');
  }

  async #isSuggested(): Promise<boolean> {
    return await until('ghost text', () => this.workbench.ghostText(), lookMs).then(
      () => true,
      () => false,
    );
  }

  async #backspace(): Promise<void> {
    await this.workbench.page.keyboard.press('Backspace');
    this.#text = this.#text.slice(0, this.#cursor - 1) + this.#text.slice(this.#cursor);
    this.#cursor--;
    this.#typed = this.#typed.slice(0, -1);
  }

  #insert(character: string): void {
    this.#text = this.#text.slice(0, this.#cursor) + character + this.#text.slice(this.#cursor);
    this.#cursor++;
    this.#typed += character;
  }
}
