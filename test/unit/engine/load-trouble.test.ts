import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyItDoesNotLoad } from '../../../extension/engine/load-trouble.ts';

const path = '/home/ada/.vscode/extensions/hotset/dist/native/hotset.node';

/** What loaders said when they were asked to, and what has to be said of it. */
const troubles: Readonly<Record<string, [said: string, told: RegExp]>> = {
  'a noexec file system': [
    `${path}: failed to map segment from shared object`,
    /^nothing may be run from \/home\/ada\/.*native .*noexec/,
  ],
  'an older C library': [
    `/lib64/libc.so.6: version \`GLIBC_2.34' not found (required by ${path})`,
    /too old .* needs GLIBC_2\.34:/,
  ],
  'an older C++ library': [
    `/lib64/libstdc++.so.6: version \`GLIBCXX_3.4.29' not found (required by ${path})`,
    /too old .* needs GLIBCXX_3\.4\.29:/,
  ],
  musl: [
    `Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by ${path})`,
    /not glibc/,
  ],
  'another processor': [`${path}: wrong ELF class: ELFCLASS32`, /install the Hotset build for/],
};

for (const [name, [said, told]] of Object.entries(troubles)) {
  test(`${name} is named, in one line, with what helps`, () => {
    const reason = whyItDoesNotLoad(said, path);
    assert.match(reason, told);
    assert.doesNotMatch(reason, /\n/);
  });
}
