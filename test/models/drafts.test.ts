/** Drafts of the real model in real files: the tokens are those without, at first lines and in blocks. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { NativeGeneration, NativeModel } from '../../extension/engine/addon.ts';
import { DocumentPrompts, type Prompt } from '../../extension/engine/completion/prompt/document-prompts.ts';
import { tokenCounter } from '../../extension/engine/completion/prompt/token-counter.ts';
import { readHeldOut } from '../../extension/engine/evaluation/held-out.ts';
import { lineTasks } from '../../extension/engine/evaluation/line-tasks.ts';
import { loadOptions, requireAddon, root } from '../engine/model.ts';
import { isWhole } from './extent.ts';
import { realModel } from './real-model.ts';

const model = await realModel('qwen2.5-coder-0.5b');

/** The first half of the places asks for a line, the other one for a block. */
const places = isWhole ? 20 : 8;
const lineTokens = 16;
const blockTokens = 48;

let native: NativeModel | null = null;
let prompts: Prompt[] = [];

before(async () => {
  if (model.missing !== false) return;
  const addon = requireAddon();
  addon.initialise(() => undefined);
  native = await addon.loadModel({ ...loadOptions, path: model.path, contextLength: 768 }, () => undefined);
  prompts = promptsOf(native);
});
after(async () => {
  await native?.release();
});

/** Of places in this project's own files, each typed on by a few characters, as a person does beside whom drafts pile up. */
function promptsOf(loaded: NativeModel): Prompt[] {
  const count = tokenCounter((text) => loaded.tokenize(text, false));
  const source = new DocumentPrompts({ native: loaded, description: loaded.describe(), count });
  const files = [...readHeldOut([`${root}/extension/scheduling`, `${root}/native/src/gguf`]).values()].flat();
  return lineTasks(files, places / 2, 'drafts').flatMap(({ prefix, middle, suffix, path }) => {
    const document = path ?? '';
    const typedOn = prefix + middle.slice(0, 3);
    return [prefix, typedOn].map((text) => source.promptFor({ prefix: text, suffix, document }, blockTokens));
  });
}

async function say(prompt: Prompt, index: number, draft: boolean): Promise<NativeGeneration> {
  assert.ok(native !== null);
  const isBlock = index >= places / 2;
  return await native.generate(
    prompt.tokens,
    {
      ...{ temperature: 0, topK: 1, topP: 1, minP: 0, seed: 0, maxMilliseconds: 0 },
      maxTokens: isBlock ? blockTokens : lineTokens,
      maxLines: isBlock ? 0 : 2,
      held: prompt.held,
      sequence: prompt.sequence?.name ?? '',
      draft,
    },
    () => undefined,
  );
}

test('with drafts the model says what it says without', { skip: model.missing }, async () => {
  assert.equal(prompts.length, places);
  const plain: NativeGeneration[] = [];
  for (const [index, prompt] of prompts.entries()) plain.push(await say(prompt, index, false));
  const sum = { tokens: 0, passes: 0, drafted: 0, accepted: 0 };
  // A second time every draft is what was said before.
  for (const turn of ['as typed', 'again']) {
    for (const [index, prompt] of prompts.entries()) {
      const drafted = await say(prompt, index, true);
      const expected = plain[index];
      assert.deepEqual(drafted.tokens, expected?.tokens, `place ${index}, ${turn}`);
      assert.equal(drafted.text, expected?.text);
      assert.deepEqual(drafted.tokenProbabilities, expected?.tokenProbabilities);
      const counts = Object.values(drafted.drafts);
      sum.tokens += drafted.tokens.length;
      sum.passes += drafted.passes;
      sum.drafted += counts.reduce((all, count) => all + count.drafted, 0);
      sum.accepted += counts.reduce((all, count) => all + count.accepted, 0);
    }
  }
  console.log(
    `${sum.tokens} tokens in ${sum.passes} passes; of ${sum.drafted} drafted ones ${sum.accepted} stay`,
  );
  assert.ok(sum.accepted > places, 'drafts that were right were put to the proof');
  assert.ok(sum.drafted - sum.accepted > places, 'and wrong ones');
});
