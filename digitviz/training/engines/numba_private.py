"""The only private function of numba that this package uses: the matrix product of BLAS.

Tested with numba 0.68.1. The kernel changes some columns of wider rows (the digits of the basis) in place. `np.dot`,
which numba compiles to the same BLAS, only takes contiguous arrays and cannot add to its result. With it, each product
would need a copy and a second pass.

Without this function, importing the kernels raises `ImportError`. The server logs the error once and uses the NumPy
engine.
"""

from __future__ import annotations

from typing import Any

SEEN_WITH = "0.68.1"
GEMM = "numba.np.linalg._BLAS.numba_xxgemm"
GEMM_ARGUMENTS = "kind, transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc"
"""Same as in BLAS, after the kind of number: `ord("d")` or `ord("s")`."""


def gemm(dtype: Any) -> Any:
    """Return the BLAS product c = alpha a b + beta c, for compiled code.

    Parameters
    ----------
    dtype : numba.types.Float
        float64 or float32.

    Raises
    ------
    ImportError
        If this version of numba does not have the function, or has one with different arguments, which would crash.
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
        f"numba {numba.__version__} has no {GEMM}({GEMM_ARGUMENTS}), which the compiled engine uses in numba "
        f"{SEEN_WITH}"
    ) from cause


def missing() -> str:
    """Return a message if the installed numba does not support the compiled engine, else an empty string."""
    from numba import types

    try:
        gemm(types.float64)
    except ImportError as error:
        return str(error)
    return ""
