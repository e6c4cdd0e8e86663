import ast
import operator
from decimal import Decimal

MAX_LENGTH = 200

BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class FormulaError(ValueError):
    pass


class FormulaEvaluator:
    def __init__(self, variables):
        self.variables = {name: Decimal(value) for name, value in variables.items()}

    def evaluate(self, text):
        if len(text) > MAX_LENGTH:
            raise FormulaError("formula is too long")
        try:
            tree = ast.parse(text, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise FormulaError("formula cannot be read") from None
        return self._eval(tree.body)

    def _eval(self, node):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return Decimal(str(node.value))
        if isinstance(node, ast.Name) and node.id in self.variables:
            return self.variables[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self._eval(node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
            left, right = self._eval(node.left), self._eval(node.right)
            if isinstance(node.op, ast.Div) and right == 0:
                raise FormulaError("division by zero")
            return BINARY[type(node.op)](left, right)
        raise FormulaError(f"{type(node).__name__} is not supported")
