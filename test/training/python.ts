/** The Python that the training pipeline runs on. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Debian's own, which its packages belong to, before another that comes first on the path. */
export const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

/** Why the pipeline can't run here, or false where it can. */
export function reasonToSkip(): string | false {
  const { status } = spawnSync(python, ['-c', 'import numpy, sentencepiece, torch']);
  return status === 0
    ? false
    : `${python} lacks numpy, sentencepiece or torch; on Debian: apt-get install python3-numpy python3-sentencepiece python3-torch libopenblas0-pthread`;
}
