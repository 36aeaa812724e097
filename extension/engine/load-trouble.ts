/** Why the addon does not load, and what helps: the loaders of the systems say it in words of their own. */
import { dirname } from 'node:path';

/**
 * @param reason what the system's loader says, one line
 * @returns one line
 */
export function whyItDoesNotLoad(reason: string, path: string): string {
  if (/failed to map segment|Operation not permitted/.test(reason)) {
    return (
      `nothing may be run from ${dirname(path)} (its file system is mounted noexec): ` +
      `have extensions installed elsewhere, with --extensions-dir, or the file system mounted with exec`
    );
  }
  const library = /version [`']((?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)' not found/.exec(reason)?.[1];
  if (library !== undefined) {
    return `this system is too old for the native engine, which needs ${library}: RHEL 9, Ubuntu 22.04, Debian 12 or a newer one has it`;
  }
  if (/ld-linux|libc\.musl|Error relocating/.test(reason)) {
    return `this system's C library is not glibc (${reason}), which the native engine needs: Alpine Linux has none, Debian and Ubuntu do`;
  }
  return `the native engine does not load on this machine (${reason}): install the Hotset build for ${process.platform}-${process.arch}`;
}
