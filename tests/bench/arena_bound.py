"""The arena of a planned graph and the least that any plan with its order could need, from the text of `brine inspect --stage planned`.

Shares nothing with the planner: lifetimes are read off the text.  A result that was written over an operand's last use counts as the same
memory, as the plan says; everything else that is alive at the same moment needs room of its own, in steps of 64 bytes.
"""
import math
import re
import sys
from typing import NamedTuple

BYTES = {"f32": 4, "i32": 4, "u32": 4, "u8": 1}
NAME = re.compile(r"%[^\s,()]+")
PLACED = re.compile(r"(\w+)\[([^\]]*)\] @(\w+)\+(\d+)")


class Placed(NamedTuple):
    block: str
    offset: int
    size: int


class Buffer:
    def __init__(self, first, place):
        self.first, self.last, self.offset, self.size = first, first, place.offset, place.size


def size_of(dtype, dims, batch):
    extents = [batch if dim == "n" else int(dim) for dim in dims.split(",") if dim]
    if dtype == "mask":  # one bit an element, rows of whole bytes
        return math.prod(extents[:-1]) * ((extents[-1] + 7) // 8)
    return math.prod(extents) * BYTES[dtype]


def places(text, batch):
    return [Placed(block, int(offset), (size_of(dtype, dims, batch) + 63) // 64 * 64) for dtype, dims, block, offset in PLACED.findall(text)]


def nodes(text):
    """(outputs, operands, whether it is a kernel, the text of its results) of each node of the order; what lies within a kernel is no node."""
    kernel = None
    for line in text.splitlines():
        if line.startswith("  %"):
            left, right = line.split(" = ", 1)
            call = right[: right.index(")")]
            node = (NAME.findall(left), NAME.findall(call))
            if call.startswith("kernel("):
                kernel = node
            else:
                yield *node, False, right[len(call) :]
        elif line.startswith("  } :"):
            yield *kernel, True, line


def bound(text):
    """(arena, bound) in bytes; raises ValueError where two values that live at the same moment overlap."""
    batch = int(re.search(r" batch=(\d+)", text)[1])
    order = list(nodes(text))
    root = {}  # a view's memory is its operand's
    reads = {}  # by root
    for moment, (outputs, operands, is_kernel, _) in enumerate(order):
        for operand in operands:
            reads[root.get(operand, operand)] = moment
        if not is_kernel and operands:
            root.update((output, root.get(operands[0], operands[0])) for output in outputs)
    for line in text.splitlines():
        if line.startswith(("  update ", "  output ")):
            value = NAME.findall(line)[-1]
            reads[root.get(value, value)] = len(order)

    buffers, buffer_of = [], {}
    for moment, (outputs, operands, is_kernel, results) in enumerate(order):
        ending = {root.get(operand, operand) for operand in operands}
        ending = {value for value in ending if value in buffer_of and reads[value] == moment}
        for output, place in zip(outputs, places(results, batch), strict=True):
            if place.block != "arena" or not is_kernel:
                continue
            overwritten = next((value for value in sorted(ending) if buffer_of[value].offset == place.offset), None)
            if overwritten is None:
                buffers.append(Buffer(moment, place))
                buffer_of[output] = buffers[-1]
            else:
                ending.remove(overwritten)
                buffer_of[output] = buffer_of[overwritten]
                buffer_of[output].size = max(buffer_of[output].size, place.size)
            buffer_of[output].last = max(moment, reads.get(output, moment))

    arena = max((buffer.offset + buffer.size for buffer in buffers), default=0)
    least = 0
    for moment in range(len(order)):
        live = sorted((buffer for buffer in buffers if buffer.first <= moment <= buffer.last), key=lambda buffer: buffer.offset)
        least = max(least, sum(buffer.size for buffer in live))
        for below, above in zip(live, live[1:]):
            if below.offset + below.size > above.offset:
                raise ValueError(f"two values share bytes from arena+{above.offset} at node {moment}")
    return arena, least


if __name__ == "__main__":
    try:
        print("arena %d, bound %d" % bound(sys.stdin.read()))
    except ValueError as error:
        sys.exit(f"arena_bound: {error}")
