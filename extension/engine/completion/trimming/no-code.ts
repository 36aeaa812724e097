/** What models say that is no code: control tokens in letters, fences, an assistant's sentences, broken characters. */
import { literalAt } from '../../syntax/reading.ts';
import type { Surroundings } from '../surroundings.ts';
import type { JudgedText } from './judged-text.ts';
import { isBlank } from './lines.ts';

/** Control tokens of the families of models, as they are spelt when they come as text. */
const controlToken = new RegExp(
  [
    /<[|｜][^\s<>|｜]{1,40}(?:[|｜]>|>)/,
    /<(?:fim[_-](?:prefix|middle|suffix|pad|hole|begin|end)|file_sep|filename|repo_?name|gh_stars|issue_\w+|jupyter_\w+|commit_\w+|code_to_complete)>/,
    /<(?:PRE|SUF|MID|EOT|EOM)>|(?<!\w)<(?:END|FILL_ME)>/,
    /<\/?(?:bos|eos|unk|pad|mask|endoftext|start_of_turn|end_of_turn|im_start|im_end)>/,
    /▁<(?:PRE|SUF|MID|EOT)>|\[\/?(?:INST|SUFFIX|PREFIX|MIDDLE)\]|<<\/?SYS>>|<\/s>/,
    // Cut off by a limit.
    /<[|｜][a-zA-Z_▁]*[|｜]?$/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);
/** The replacement character, and half of a surrogate pair. */
const brokenCharacter = /\uFFFD|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/**
 * Where something begins that can be no part of any document. A control token in letters is none where the code speaks of
 * it, as code for language models does.
 * @param final whether nothing will be added to `text`
 * @returns index into `text`; its length when there is nothing of the kind
 */
export function endOfText(text: string, around: Surroundings, final: boolean): number {
  const token = [...text.matchAll(controlToken)].find((match) => !isSpokenOf(match, around, final));
  const places = [token?.index ?? -1, text.search(brokenCharacter)];
  return Math.min(text.length, ...places.filter((index) => index >= 0));
}

/** In a string that ends on its line, or in quotes in a comment; where something is open so far, its end is waited for. */
function isSpokenOf(
  { 0: token, index, input }: RegExpExecArray,
  around: Surroundings,
  final: boolean,
): boolean {
  const end = index + token.length;
  const feed = input.indexOf('\n', end);
  const lineEnd = feed < 0 ? input.length : feed;
  const lineStart = input.lastIndexOf('\n', index) + 1;
  const left = (lineStart === 0 ? around.linePrefix : '') + input.slice(lineStart, index);
  if (!final && feed < 0 && isOpenBehind(left)) return true;

  const cursor = around.before.length;
  const literal = literalAt(around.read(input.slice(0, lineEnd)), cursor + index);
  if (literal?.kind === 'string') {
    // One that nothing ends is read up to the line's end.
    return literal.end <= cursor + lineEnd && /["'`/]/.test(input.slice(end, literal.end - cursor));
  }
  return literal?.kind === 'comment' && /["'`]$/.test(left) && input.startsWith(left.slice(-1), end);
}

/** Whether a string or regular expression may be open at the end of a line's beginning. */
function isOpenBehind(line: string): boolean {
  return ['"', "'", '`', '/'].some((quote) => line.split(quote).length % 2 === 0);
}

const fence = /^\s*(?:```|~~~)/;
/** How an assistant begins to explain. */
const opening =
  /^(?:In (?:this|the)|This (?:code|function|program|class|method|script|is)|The (?:above|following|code|function|program|class|output|`)|Here(?:'s| is| are)|Note(?: that|:)|Explanation|Output:|Sure[,!]|Certainly|Please|You can|To (?:run|use|compile|test|fix)|As (?:you|an)|I(?:'m|'ve|'ll| am| have| will)|Let(?:'s| me)|It(?:'s| is| seems)|We (?:can|will|have|need)|If you|Human:|Assistant:|User:)(?=[\s:,`]|$)/;
/** A sentence: words, most of them in small letters, and two at least that only sentences have. */
const sentence = /^[A-Z`][^;{}=<>\n]*[\p{L}`).:!?]$/u;
const sentenceWord =
  /(?<=\s)(?:the|a|an|is|are|was|to|of|this|that|and|we|you|it|which|for|with|be|can|will|should|into|by)(?=\s)/g;
const fewestWords = 5;

/**
 * Where fences or sentences stand in place of code.
 * @returns index into the text; its length when there is nothing of the kind
 */
export function endOfCode({ text, lines, around }: JudgedText): number {
  if (around.isProse) return text.length;
  const end = lines.find(
    (line) =>
      line.literal === null &&
      (line.start > 0 || isBlank(around.linePrefix)) &&
      (fence.test(line.text) || (line.complete && isSentence(line.text))),
  );
  return end?.start ?? text.length;
}

function isSentence(line: string): boolean {
  const said = line.trim();
  if (said.split(/\s+/).length < fewestWords || /[{};=]|\)$/.test(said)) return false;
  return opening.test(said) || (sentence.test(said) && (said.match(sentenceWord)?.length ?? 0) >= 2);
}
