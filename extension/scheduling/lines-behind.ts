/** A suggestion and what is known to follow it, as one: a slow engine is asked for a line at a time. */
import { behind, type Place, type Suggestion } from './place.ts';

/**
 * @param find what is known at a place
 * @param maxLines the most that a suggestion may have; 0: no limit
 */
export function withLinesBehind(
  place: Place,
  suggestion: Suggestion,
  find: (place: Place) => Suggestion | null,
  maxLines: number,
): Suggestion {
  const next = find(behind(place, suggestion));
  if (next?.isOffered !== true || !staysInBlock(place, next.text)) return suggestion;

  const text = suggestion.text + next.text;
  if (maxLines > 0 && text.trimStart().split('\n').length > maxLines) return suggestion;
  const joined = { ...suggestion, text, overlap: suggestion.overlap + next.overlap };
  return withLinesBehind(place, joined, find, maxLines);
}

/** Whether these are further lines, none of which leaves the block that the cursor stands in. */
function staysInBlock({ prefix }: Place, text: string): boolean {
  const [first, ...lines] = text.split('\n');
  const depth = indentation(prefix.slice(prefix.lastIndexOf('\n') + 1));
  return (
    first === '' &&
    lines.length > 0 &&
    lines.every((line) => indentation(line) >= depth && line.trim() !== '')
  );
}

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}
