"""How the tests of this room evaluate expressions."""

# Every node runs as Python over NumPy, so that there is nothing to compile.
MODE = "FAST_COMPILE"

FLOAT64 = {"floatX": "float64", "warn_float64": "ignore"}


def evaluate(expression, inputs=None):
    return expression.eval(inputs or {}, mode=MODE)
