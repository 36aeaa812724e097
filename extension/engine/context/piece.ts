/** A stretch of another file of the workspace. */
export interface Piece {
  /** Relative to the workspace folder, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The greater, the more it is wanted, beside others of its kind. */
  readonly weight: number;
}
