/** What a server refuses, in one line for a person. */
import { errorMessage } from './json.ts';

export const longestMessage = 300;

export function refusal(status: number, message: string): string {
  const said = message === '' ? '' : `: ${oneLine(message)}`;
  if (status === 401 || status === 403) return `it refuses the key (${status})${said}`;
  if (status >= 300 && status < 400) return `it leads elsewhere (${status}), where nothing is sent`;
  return `it answers with status ${status}${said}`;
}

export function messageIn(body: string): string {
  try {
    return errorMessage(JSON.parse(body));
  } catch {
    return '';
  }
}

/** At most {@link longestMessage} characters. */
export function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim().slice(0, longestMessage);
}
