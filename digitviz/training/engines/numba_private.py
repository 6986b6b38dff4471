"""The one part of numba that is used without being public: its access to the matrix product of BLAS.

Seen with numba 0.68.1. The kernel moves some columns of wider rows (the digits of the basis) in place. `np.dot`, which
numba compiles to the same BLAS, takes contiguous arrays only and cannot add to its result, so that each product would
need a copy and a second pass.

Without it there is no compiled engine: importing the kernels raises `ImportError`, the server logs that once, and numpy
takes the steps.
"""

from __future__ import annotations

from typing import Any

SEEN_WITH = "0.68.1"
GEMM = "numba.np.linalg._BLAS.numba_xxgemm"
GEMM_ARGUMENTS = "kind, transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc"
"""As in BLAS, after the kind of number: `ord("d")` or `ord("s")`."""


def gemm(dtype: Any) -> Any:
    """Return BLAS's product c = alpha a b + beta c, to be called in compiled code.

    Parameters
    ----------
    dtype : numba.types.Float
        float64 or float32.

    Raises
    ------
    ImportError
        If this version of numba has no such function, or one with other arguments: calling that would crash.
    """
    import numba
    from numba import types

    number, pointer = types.intp, types.CPointer(dtype)
    expected = (types.char,) * 3 + (number,) * 3 + (pointer, pointer, number, pointer, number, pointer, pointer, number)
    cause: Exception | None = None
    try:
        from numba.np.linalg import _BLAS

        found = _BLAS().numba_xxgemm(dtype)
        if found.sig.args == expected:
            return found
    except (ImportError, AttributeError, TypeError) as error:
        cause = error
    raise ImportError(
        f"numba {numba.__version__} has no {GEMM}({GEMM_ARGUMENTS}), which the compiled engine takes from numba "
        f"{SEEN_WITH}"
    ) from cause


def missing() -> str:
    """Say what the compiled engine lacks in the numba that is installed; empty if nothing."""
    from numba import types

    try:
        gemm(types.float64)
    except ImportError as error:
        return str(error)
    return ""
