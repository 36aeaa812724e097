/** How requests get to the server: the host sends them, because it knows the key, the proxy and the certificates. */

export interface ServerRequest {
  /** Below the server's URL, for example `/infill`. */
  readonly path: string;
  /** JSON to post; null: the path is read. */
  readonly body: string | null;
}

export interface Transport {
  /**
   * @param onText pieces of the answer's body, as they come
   * @returns the HTTP status, once all of the answer has come
   * @throws Error with one line where there is no answer, or the signal ended it
   */
  send(request: ServerRequest, signal: AbortSignal, onText: (text: string) => void): Promise<number>;
}
