/**
 * How Qwen2.5-Coder's makers ask their assistants in their own evaluation (qwencoder-eval/instruct/eval_plus of
 * QwenLM/Qwen2.5-Coder): ChatML, the answer begun for the model with a block of code.
 */
import type { NativeModel } from '../../addon.ts';
import { EngineError } from '../../errors.ts';

/** They end an answer at these, and at the end of text. */
export const chatStops: readonly string[] = ['\nif __name__', '\ndef main(', '\nprint(', '\n#', '\n```'];

const system = 'You are an intelligent programming assistant to produce Python algorithmic solutions';
const [begin, end] = ['<|im_start|>', '<|im_end|>'];

/**
 * Tokens that ask for the completion of `question`; control tokens that it spells out stay text.
 * @throws EngineError where the model's vocabulary has no such form
 */
export function chatPrompt(model: Pick<NativeModel, 'tokenize'>, question: string): Int32Array {
  const user = `Can you complete the following Python function?\n\`\`\`python\n${question}\n\`\`\`\n`;
  const text = (part: string) => model.tokenize(part, false);
  const parts = [
    control(model, begin),
    text(`system\n${system}`),
    control(model, end),
    text('\n'),
    control(model, begin),
    text(`user\n${user}`),
    control(model, end),
    text('\n'),
    control(model, begin),
    text('assistant\n```python\n'),
  ];
  return Int32Array.from(parts.flatMap((tokens) => [...tokens]));
}

/** They write tabs as four spaces. */
export function chatCompletion(text: string): string {
  return text.replaceAll('\t', '    ');
}

function control(model: Pick<NativeModel, 'tokenize'>, name: string): Int32Array {
  const tokens = model.tokenize(name, true);
  if (tokens.length === 1) return tokens;
  throw new EngineError('badInput', `--chat: the model has no token ${name}: leave --chat out`);
}
