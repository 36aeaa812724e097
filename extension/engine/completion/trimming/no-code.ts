/** What models say that is no code: control tokens in letters, fences, an assistant's sentences, broken characters. */
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
 * Where something begins that can be no part of any document. Between quotes of its own the spelling of a control token
 * is: that is how programs speak of one.
 * @param final whether nothing will be added to the text
 * @returns index into `text`; its length when there is nothing of the kind
 */
export function endOfText(text: string, final: boolean): number {
  const spelt = [...text.matchAll(controlToken)].find((match) => !isQuoted(match, text, final));
  const broken = text.search(brokenCharacter);
  return Math.min(spelt?.index ?? text.length, broken >= 0 ? broken : text.length);
}

/** Of a text that goes on, the closing quote may be what comes next. */
function isQuoted({ 0: token, index }: RegExpExecArray, text: string, final: boolean): boolean {
  const quote = text.charAt(index - 1);
  const next = text.charAt(index + token.length);
  return /["'`]/.test(quote) && (next === quote || (next === '' && !final));
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
