/**
 * What a Windows library offers, read from the file itself: the platform packages carry DLLs without the import
 * libraries that Microsoft's linker wants, and those are made from such a list.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

/** Offsets in the PE format ("PE32+", Microsoft's specification). */
const at = {
  headerOffset: 0x3c,
  sectionCount: 6,
  optionalHeaderSize: 20,
  optionalHeader: 24,
  exportDirectory: 24 + 112,
  nameCount: 24,
  names: 32,
};
const sectionSize = 40;
const pe32Plus = 0x20b;

/**
 * Where in the file a virtual address lies.
 * @param {Buffer} file
 * @param {number} header where the PE header begins
 * @param {number} address relative to the image
 */
function positionOf(file, header, address) {
  const first = header + at.optionalHeader + file.readUInt16LE(header + at.optionalHeaderSize);
  const count = file.readUInt16LE(header + at.sectionCount);
  for (let section = first; section < first + count * sectionSize; section += sectionSize) {
    const start = file.readUInt32LE(section + 12);
    const size = file.readUInt32LE(section + 16);
    if (address >= start && address < start + size) return address - start + file.readUInt32LE(section + 20);
  }
  throw new Error('an address outside every section');
}

/**
 * @param {Buffer} file a DLL for 64-bit Windows
 * @returns {string[]} the names that it exports, in the file's order
 */
export function exportsOf(file) {
  const header = file.readUInt32LE(at.headerOffset);
  const isLibrary = file.toString('latin1', header, header + 4) === 'PE\0\0';
  if (!isLibrary || file.readUInt16LE(header + at.optionalHeader) !== pe32Plus) {
    throw new Error('no library for 64-bit Windows');
  }
  const directory = positionOf(file, header, file.readUInt32LE(header + at.exportDirectory));
  const names = positionOf(file, header, file.readUInt32LE(directory + at.names));
  return Array.from({ length: file.readUInt32LE(directory + at.nameCount) }, (_, index) => {
    const start = positionOf(file, header, file.readUInt32LE(names + 4 * index));
    return file.toString('latin1', start, file.indexOf(0, start));
  });
}

/**
 * Writes the module definition that `lib /def:` makes an import library of: of the C interface, which is all that is
 * called. Names of C++ begin with a question mark.
 * @param {string} dll
 * @param {string} definition the file to write
 */
export function writeDefinition(dll, definition) {
  const names = exportsOf(readFileSync(dll)).filter((name) => !name.startsWith('?'));
  writeFileSync(
    definition,
    `LIBRARY "${basename(dll)}"\nEXPORTS\n${names.map((name) => `  ${name}\n`).join('')}`,
  );
}
