/** Values as a stranger sends them: whole ones of which one field is broken. */
import fc from 'fast-check';

/** What fields are replaced by. */
const oddValues: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    '\n',
    '../../etc/passwd',
    '\ud800',
    '\0',
    -1,
    0,
    0.5,
    1e308,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    [],
    {},
    [null],
    { __proto__: null, constructor: 1, length: -1 },
  ),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(fc.integer(), { maxLength: 300 }),
  fc.jsonValue({ maxDepth: 3 }),
  fc.integer({ min: 1, max: 20_000 }).map((length) => 'ab\n'.repeat(length)),
);

type Change = (fields: Record<string, unknown>) => void;

/** `names`: fields that may be added too. */
function changeOf(names: readonly string[]): fc.Arbitrary<Change> {
  const name = fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...names) }, fc.string());
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(name, oddValues).map(([key, value]) => put(key, value)) },
    { weight: 1, arbitrary: name.map(leaveOut) },
  );
}

function leaveOut(key: string): Change {
  return (fields) => {
    Reflect.deleteProperty(fields, key);
  };
}

function put(key: string, value: unknown): Change {
  return (fields) => {
    // Not by assignment: `__proto__` is a field like others in what JSON brings.
    Object.defineProperty(fields, key, { value, enumerable: true, configurable: true, writable: true });
  };
}

/** At times whole, mostly with one to three fields broken, now and then something else altogether. */
export function broken(
  valid: fc.Arbitrary<Record<string, unknown>>,
  names: readonly string[],
): fc.Arbitrary<unknown> {
  const changed = fc.tuple(valid, fc.array(changeOf(names), { maxLength: 3 })).map(([fields, changes]) => {
    const copy = { ...fields };
    for (const change of changes) change(copy);
    return copy;
  });
  return fc.oneof({ weight: 19, arbitrary: changed }, { weight: 1, arbitrary: oddValues });
}

/** Text as documents have it, with what is seldom in them. */
export const someText = fc.oneof(
  fc.constantFrom(
    '',
    'x = ',
    'def f(x):\n    return ',
    'a\r\nb\r\n',
    'caf\u00e9 \ud83d\ude00',
    '\ud83d',
    '}\n}\n',
  ),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(fc.constantFrom('if x:', '\n', '    ', '(', ')', '{', '}', '"', "'", '# ', '\t', 'y'), {
      maxLength: 80,
    })
    .map((parts) => parts.join('')),
);
