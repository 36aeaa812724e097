/** Lanes of one model, and prompts that models of one file have in common. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type {
  NativeGenerateOptions,
  NativeGeneration,
  NativeModel,
} from '../../../../../extension/engine/addon.ts';
import { lanesOf } from '../../../../../extension/engine/evaluation/programs/lane.ts';
import { PromptShelf } from '../../../../../extension/engine/evaluation/programs/prompt-shelf.ts';
import type { LoadedModel } from '../../../../../extension/engine/model/load-model.ts';
import { generateOptions } from '../../../../engine/model.ts';

/** Remembers what it is asked for, and keeps a prompt as one byte a token. */
function asked(): { model: LoadedModel; options: NativeGenerateOptions[] } {
  const options: NativeGenerateOptions[] = [];
  const generateTogether: NativeModel['generateTogether'] = (prompt, one) => {
    options.push(one);
    const keptPrompt = one.keepPrompt === true ? Uint8Array.from(prompt) : null;
    return {
      generation: Promise.resolve({ text: 'said', keptPrompt } as NativeGeneration),
      cancel: () => undefined,
    };
  };
  return { model: { native: { generateTogether } } as unknown as LoadedModel, options };
}

const prompt = Int32Array.of(3, 1, 2);

async function say({ model }: { model: LoadedModel }, shelf: PromptShelf | null): Promise<NativeGeneration> {
  const [lane] = lanesOf(model, 2, shelf);
  assert.ok(lane !== undefined);
  return lane.native.generate(prompt, generateOptions, () => undefined);
}

void test('the second model of a file goes on from the prompt that the first one computed', async () => {
  const shelf = new PromptShelf();
  const [first, second] = [asked(), asked()];
  await say(first, shelf);
  await say(second, shelf);
  assert.equal(first.options[0]?.keepPrompt, true);
  assert.equal(first.options[0].keptPrompt, undefined);
  assert.deepEqual(second.options[0]?.keptPrompt, Uint8Array.of(3, 1, 2));
});

void test('what was kept of a prompt goes on the shelf alone, not into the record', async () => {
  const said = await say(asked(), new PromptShelf());
  assert.equal('keptPrompt' in said, false);
  assert.equal(said.text, 'said');
});

void test('a shelf that was cleared has none, and without one nothing is kept', async () => {
  const shelf = new PromptShelf();
  await say(asked(), shelf);
  shelf.clear();
  assert.equal(shelf.of(prompt), undefined);
  const alone = asked();
  await say(alone, null);
  assert.equal(alone.options[0]?.keepPrompt, false);
});

void test('a shelf that is full takes no more, and gives what it has', async () => {
  const shelf = new PromptShelf(3);
  await say(asked(), shelf);
  assert.equal(shelf.hasRoom, false);
  const next = asked();
  const [lane] = lanesOf(next.model, 2, shelf);
  await lane?.native.generate(Int32Array.of(4), generateOptions, () => undefined);
  assert.equal(next.options[0]?.keepPrompt, false);
  assert.ok(shelf.of(prompt) !== undefined);
});
