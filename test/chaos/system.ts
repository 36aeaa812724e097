/** What the system can be made to do to those that run on it. All of it takes the rights of root, and Linux. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where nobody may mount, nothing of this can be had. */
export function reasonToSkip(): string | false {
  if (process.platform !== 'linux') return 'Linux alone has these';
  const folder = mkdtempSync(join(tmpdir(), 'hotset-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', 'none', folder], { stdio: 'ignore' });
  if (status === 0) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return status === 0 ? false : 'mounting takes the rights of root';
}

/** A disk that holds little. */
export class SmallDisk {
  readonly path: string;

  /** @param path of a folder, made where there is none; what lies in it is hidden meanwhile */
  constructor(path: string, kibibytes: number) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'none', path]);
  }

  fill(): void {
    spawnSync('dd', ['if=/dev/zero', `of=${join(this.path, 'full')}`, 'bs=4k'], { stdio: 'ignore' });
  }

  makeReadOnly(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.path]);
  }

  /** Lazily: the last that has something of it open keeps it. */
  remove(): void {
    spawnSync('umount', ['-l', this.path]);
  }
}

/** From a folder nothing can be run, nor code be mapped. @returns what undoes it */
export function forbidRunning(folder: string): () => void {
  execFileSync('mount', ['--bind', folder, folder]);
  execFileSync('mount', ['-o', 'remount,bind,noexec', folder]);
  return () => {
    spawnSync('umount', ['-l', folder]);
  };
}

/** A group of processes that may take so much memory and no more: the system ends one of them that asks for more. */
export class MemoryLimit {
  readonly #folder: string;

  constructor(bytes: number) {
    const isOld = existsSync('/sys/fs/cgroup/memory/cgroup.procs');
    const root = isOld ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup';
    this.#folder = join(root, `hotset-chaos-${String(process.pid)}`);
    if (!isOld) writeFileSync(join(root, 'cgroup.subtree_control'), '+memory');
    mkdirSync(this.#folder);
    writeFileSync(join(this.#folder, isOld ? 'memory.limit_in_bytes' : 'memory.max'), String(bytes));
  }

  /** What it holds already is not counted, what it asks for from now on is. */
  add(pid: number): void {
    writeFileSync(join(this.#folder, 'cgroup.procs'), String(pid));
  }

  remove(): void {
    rmdirSync(this.#folder);
  }
}

/** The process gets no more memory than it has. */
export function forbidGrowing(pid: number): void {
  const kilobytes = /^VmSize:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1];
  const bytes = Number(kilobytes) * 1_024;
  execFileSync('prlimit', ['--pid', String(pid), `--as=${String(bytes)}:${String(bytes)}`]);
}
