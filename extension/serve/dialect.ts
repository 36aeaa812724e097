/** How an answer is written down: llama.cpp's way or OpenAI's. */
import type { EventStream } from './event-stream.ts';
import type { Answer } from './task.ts';

export interface Dialect {
  /** All of an answer that is not streamed. */
  readonly whole: (answer: Answer) => object;
  /** A piece of the text. */
  readonly piece: (text: string) => object;
  /** What is sent behind the last piece. */
  readonly finish: (answer: Answer, stream: EventStream) => void;
}
