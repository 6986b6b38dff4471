"""Activation functions: one table for settings, lesson, figures, engines, exports and the browser.

Only the compiled engine has its own code for them, in `digitviz/training/engines/kernels.py`. To add one, see
`docs/recipes.md`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from digitviz.language import lazy_gettext as _
from digitviz.networks.entry import Named, by_name

LEAK = 0.01
"""Derivative of leaky ReLU below zero (torch's default)."""

Derivative = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Maps pre-activations and activations to derivatives. All have the same shape."""


@dataclass(frozen=True)
class Activation(Named):
    """An activation function, applied to each number separately.

    The NumPy engine runs its NumPy code, and exported scripts contain that code. An activation that networks do not
    offer needs no code for torch, ONNX and the browser.

    Parameters
    ----------
    name, title
        See `Named`.
    formula, derivative_formula : str
        LaTeX, with z for the pre-activation.
    colour : str
        Colour of its curve, as "#rrggbb". Thin lines in it must stand out on white and on black.
    value : str
        NumPy expression of the pre-activations `z`. It preserves their shape and precision.
    slope : str
        NumPy expression of the derivative. It can use the activations `a`, to save work. At a kink it gives the
        derivative from the left, as torch and textbooks do: relu'(0) = 0.
    torch : str
        Expression of the module in `torch.nn`; autograd finds the derivative.
    javascript : str
        Expression of a number `z`. It can use the functions in `special.js`.
    flat : str
        JavaScript condition on an activation `a` that is true where the derivative is exactly 0. Empty if it never is.
    onnx : str
        ONNX text that computes `{a}` from `{z}`, both of type `{kind}`: "float" or "double". Further names begin with
        `{a}`. It must work in both types with `onnxruntime`, which does not have LeakyRelu and Erf in float64.
    slope_from_the_right, torch_from_the_right : str, optional
        For an activation with a kink: the derivative from the right, relu'(0) = 1, and an expression of a tensor `z`
        that makes autograd compute it.
    imports : tuple of str
        Import statements for the NumPy code.
    helper : str
        Source of a function that the NumPy code calls.
    """

    formula: str
    derivative_formula: str
    colour: str
    value: str
    slope: str
    torch: str = ""
    javascript: str = ""
    flat: str = ""
    onnx: str = ""
    slope_from_the_right: str | None = None
    torch_from_the_right: str | None = None
    imports: tuple[str, ...] = ()
    helper: str = ""

    @cached_property
    def function(self) -> Callable[[np.ndarray], np.ndarray]:
        """Function from pre-activations to activations of the same shape and precision."""
        return self._compiled("z", self.value)

    @cached_property
    def derivative(self) -> Derivative:
        """Function from pre-activations and activations to derivatives of the same shape and precision."""
        return self._compiled("z, a", f"({self.slope}).astype(z.dtype, copy=False)")

    @cached_property
    def derivative_from_the_right(self) -> Derivative | None:
        """The derivative from the right. None for an activation without a kink."""
        slope = self.slope_from_the_right
        return None if slope is None else self._compiled("z, a", f"({slope}).astype(z.dtype, copy=False)")

    def value_and_derivative(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the activations and the derivatives at pre-activations `z`, in the shape of `z`."""
        a = self.function(z)
        return a, self.derivative(z, a)

    def _compiled(self, arguments: str, expression: str) -> Callable[..., np.ndarray]:
        names: dict[str, Any] = {"np": np}
        exec("\n".join([*self.imports, self.helper]), names)  # only GELU imports SciPy, which takes 0.1 s
        return eval(f"lambda {arguments}: {expression}", names)


ACTIVATIONS = by_name(
    Activation(
        "relu",
        _("ReLU"),
        r"\max(0, z)",
        r"\begin{cases} 1 & z > 0 \\ 0 & z \le 0 \end{cases}",
        "#3f90da",
        value="np.maximum(z, 0)",
        slope="z > 0",
        slope_from_the_right="z >= 0",
        torch="nn.ReLU()",
        torch_from_the_right="z.clamp(min=0)",
        javascript="Math.max(0, z)",
        flat="a === 0",
        onnx="{a} = Relu ({z})",
    ),
    Activation(
        "leaky_relu",
        _("leaky ReLU"),
        rf"\max({LEAK} z, z)",
        rf"\begin{{cases}} 1 & z > 0 \\ {LEAK} & z \le 0 \end{{cases}}",
        "#c77700",
        value=f"np.maximum({LEAK} * z, z)",
        slope=f"np.where(z > 0, 1, {LEAK}).astype(z.dtype)",
        slope_from_the_right=f"np.where(z >= 0, 1, {LEAK}).astype(z.dtype)",
        torch=f"nn.LeakyReLU({LEAK})",
        torch_from_the_right=f"torch.where(z < 0, {LEAK} * z, z)",
        javascript=f"Math.max({LEAK} * z, z)",
        onnx=f"""{{a}}_leak = Constant <value = {{kind}} {{{{{LEAK}}}}}> ()
            {{a}}_low = Mul ({{a}}_leak, {{z}})
            {{a}} = Max ({{a}}_low, {{z}})""",
    ),
    Activation(
        "sigmoid",
        _("sigmoid"),
        r"1 / (1 + e^{-z})",
        r"\sigma(z)\,(1 - \sigma(z))",
        "#d1495b",
        value="0.5 * (1 + np.tanh(0.5 * z))",  # the logistic function, in a form that cannot overflow
        slope="a * (1 - a)",
        torch="nn.Sigmoid()",
        javascript="0.5 * (1 + Math.tanh(0.5 * z))",
        flat="a === 0 || a === 1",
        onnx="{a} = Sigmoid ({z})",
    ),
    Activation(
        "tanh",
        _("tanh"),
        r"\tanh z",
        r"1 - \tanh^2 z",
        "#1f9d76",
        value="np.tanh(z)",
        slope="1 - a * a",
        torch="nn.Tanh()",
        javascript="Math.tanh(z)",
        flat="Math.abs(a) === 1",
        onnx="{a} = Tanh ({z})",
    ),
    # z times the standard normal distribution function at z (D. Hendrycks, K. Gimpel, Gaussian error linear units,
    # 2016).
    Activation(
        "gelu",
        _("GELU"),
        r"\tfrac{1}{2}\,z\,(1 + \mathrm{erf}(z / \sqrt{2}))",
        r"\begin{aligned} & \tfrac{1}{2}\,(1 + \mathrm{erf}(z / \sqrt{2})) \\"
        r"& + z\,e^{-z^2 / 2} / \sqrt{2 \pi} \end{aligned}",
        "#7d8b1f",
        value="z * normal_distribution(z)",
        slope="normal_distribution(z) + z * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)",
        imports=("import math", "from scipy.special import erf"),
        helper="def normal_distribution(z):\n    return 0.5 * (1 + erf(z * math.sqrt(0.5)))",
        torch="nn.GELU()",
        javascript="0.5 * z * (1 + erf(z * Math.SQRT1_2))",
        flat="Object.is(a, -0)",  # there, the derivative is below 1e-13, not always 0
        onnx="""{a}_root = Constant <value = {kind} {{0.7071067811865476}}> ()
            {a}_scaled = Mul ({a}_root, {z})
            {a}_coarse = Cast <to = 1> ({a}_scaled)
            {a}_erf = Erf ({a}_coarse)
            {a}_fine = CastLike ({a}_erf, {z})
            {a}_product = Mul ({z}, {a}_fine)
            {a}_sum = Add ({z}, {a}_product)
            {a}_half = Constant <value = {kind} {{0.5}}> ()
            {a} = Mul ({a}_half, {a}_sum)""",
    ),
    Activation(
        "identity",
        _("identity"),
        "z",
        "1",
        "#9a4fd0",
        value="z",
        slope="np.ones_like(z)",
        torch="nn.Identity()",
        javascript="z",
        onnx="{a} = Identity ({z})",
    ),
)
