/** How a server parts what it says into messages. */
import { createParser } from 'eventsource-parser';

/** Server-sent events, or one JSON object a line. */
export type Framing = 'events' | 'lines';

/** @returns takes the body's text as it comes, cut anywhere */
export function messageReader(framing: Framing, onMessage: (data: string) => void): (text: string) => void {
  if (framing === 'lines') return lineReader(onMessage);
  const parser = createParser({
    onEvent: ({ data }) => {
      onMessage(data);
    },
  });
  return (text) => {
    parser.feed(text);
  };
}

/** What stands behind the last line's end is no message: refusals come without one. */
function lineReader(onMessage: (data: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') onMessage(line);
  };
}
