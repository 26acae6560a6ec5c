"""Lanes: thirty-two rows side by side in numba, as one vector of the processor.

LLVM turns loops over arrays into vectors only after asking, each time, whether the arrays overlap; in short loops the
question costs more than the work. A vector as a value of its own needs no question, and LLVM fits it to whatever the
processor has (SSE2, AVX2, AVX-512). Every operation is rounded by itself, so a row's result is the same in any lane
and on any machine.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import extending
from numba.core import types
from numba.extending import models, register_model

WIDTH = 32

_REAL = ir.VectorType(ir.DoubleType(), WIDTH)
_WHOLE = ir.VectorType(ir.IntType(64), WIDTH)
_PLACE = ir.IntType(32)


class Lanes(types.Type):
    """Numba's type of thirty-two float64 side by side."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


LANES = Lanes()


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: Lanes) -> None:
        super().__init__(manager, lanes, _REAL)  # type: ignore[no-untyped-call]


def intrinsic(generator: Callable[..., Any]) -> Any:
    """An operation that numba turns into the instructions which the generator makes."""
    return extending.intrinsic(generator)


def _address(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), _REAL.as_pointer())


def _same(builder: Any, vector: Any, value: Any) -> Any:
    nothing = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(nothing, value, _PLACE(0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_PLACE, WIDTH), [0] * WIDTH))


def _constant(vector: Any, value: float) -> Any:
    return ir.Constant(vector, [value] * WIDTH)


def _one_or_zero(builder: Any, answer: Any) -> Any:
    return builder.select(answer, _constant(_REAL, 1.0), _constant(_REAL, 0.0))


@intrinsic
def load(_: Any, array: Any, place: Any) -> Any:
    """Thirty-two values of a contiguous float64 array from a place on. The place is not checked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(_address(context, builder, signature.args[0], *args))
        value.align = 8
        return value

    return LANES(array, types.intp), generate


@intrinsic
def store(_: Any, array: Any, place: Any, value: Any) -> Any:
    """Put thirty-two values into a contiguous float64 array from a place on. The place is not checked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _address(context, builder, signature.args[0], args[0], args[1])).align = 8
        return context.get_dummy_value()

    return types.void(array, types.intp, LANES), generate


@intrinsic
def same(_: Any, value: Any) -> Any:
    """One value in every lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _same(builder, _REAL, args[0])

    return LANES(types.float64), generate


@intrinsic
def add(_: Any, one: Any, two: Any) -> Any:
    """one + two."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fadd(*args)

    return LANES(LANES, LANES), generate


@intrinsic
def subtract(_: Any, one: Any, two: Any) -> Any:
    """one - two."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fsub(*args)

    return LANES(LANES, LANES), generate


@intrinsic
def multiply(_: Any, one: Any, two: Any) -> Any:
    """one * two."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fmul(*args)

    return LANES(LANES, LANES), generate


@intrinsic
def choose(_: Any, flag: Any, one: Any, two: Any) -> Any:
    """The first where the flag is above zero, else the second."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        flags, first, second = args
        return builder.select(builder.fcmp_ordered(">", flags, _constant(_REAL, 0.0)), first, second)

    return LANES(LANES, LANES, LANES), generate


@intrinsic
def at_most(_: Any, value: Any, threshold: Any) -> Any:
    """1 where the value is at most the threshold, else 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _one_or_zero(builder, builder.fcmp_ordered("<=", args[0], _same(builder, _REAL, args[1])))

    return LANES(LANES, types.float64), generate


@intrinsic
def in_word(_: Any, code: Any, first: Any, word: Any) -> Any:
    """1 where the bit of the code is set in a word that holds the 64 codes from `first` on, else 0.

    code: whole numbers, their bits kept in lanes of float64.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = builder.sub(builder.bitcast(args[0], _WHOLE), _same(builder, _WHOLE, args[1]))
        inside = builder.icmp_unsigned("<", place, _constant(_WHOLE, 64))
        shifted = builder.lshr(_same(builder, _WHOLE, args[2]), builder.and_(place, _constant(_WHOLE, 63)))
        bit = builder.trunc(shifted, ir.VectorType(ir.IntType(1), WIDTH))
        return _one_or_zero(builder, builder.and_(inside, bit))

    return LANES(LANES, types.int64, types.uint64), generate
