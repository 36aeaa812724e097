/**
 * What the sandbox's Python runs before the program: it gives up what the program must not have. Standard input holds
 * a secret line, the limits as JSON and the program; the secret goes to file descriptor 3 once the program has ended by
 * itself, so that one that calls `exit` halfway does not pass.
 */

/** CLONE_NEWUSER and CLONE_NEWNET: no network, where the system lets anybody make such namespaces. PDEATHSIG is 1. */
export const sandboxPreamble = `
import json, os, resource, sys
secret, limits, program = sys.stdin.buffer.read().split(b"\\n", 2)
limits = json.loads(limits)
if sys.platform == "linux":
    import ctypes
    libc = ctypes.CDLL(None)
    libc.prctl(1, 9)
    libc.unshare(0x10000000 | 0x40000000)
for name, amount in limits.items():
    resource.setrlimit(getattr(resource, name), tuple(amount))
exec(compile(program, "program", "exec"), {"__name__": "program"})
os.write(3, secret)
`;
