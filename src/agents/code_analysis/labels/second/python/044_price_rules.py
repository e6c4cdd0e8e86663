"""Evaluate the price rules that shop owners write, e.g. ``base * 1.19 + 2``."""
import ast
import logging
import operator
from decimal import Decimal, InvalidOperation

log = logging.getLogger(__name__)

MAX_LENGTH = 200

_BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_UNARY = {ast.USub: operator.neg, ast.UAdd: operator.pos}


class RuleError(ValueError):
    pass


def _eval(node, names):
    if isinstance(node, ast.Expression):
        return _eval(node.body, names)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return Decimal(str(node.value))
    if isinstance(node, ast.Name):
        try:
            return names[node.id]
        except KeyError:
            raise RuleError("unknown name") from None
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _BINARY[type(node.op)](_eval(node.left, names), _eval(node.right, names))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_eval(node.operand, names))
    raise RuleError("not allowed in a rule")


def evaluate(rule, **names):
    if len(rule) > MAX_LENGTH:
        raise RuleError("rule is too long")
    try:
        tree = ast.parse(rule, mode="eval")
    except (SyntaxError, ValueError, RecursionError) as exc:
        raise RuleError("rule can not be parsed") from exc
    try:
        return _eval(tree, {k: Decimal(v) for k, v in names.items()})
    except (ArithmeticError, InvalidOperation) as exc:
        raise RuleError("rule can not be computed") from exc


def parse_defaults(text):
    """Defaults of a shop: a Python literal such as ``{'base': 10}``."""
    if len(text) > MAX_LENGTH:
        raise RuleError("defaults are too long")
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError) as exc:
        raise RuleError("bad defaults") from exc
    if not isinstance(value, dict):
        raise RuleError("defaults must be a mapping")
    return value


def price_for(product, rule):
    price = evaluate(rule, base=product.base_price, weight=product.weight)
    log.debug("computed price for product %d", product.pk)
    return price.quantize(Decimal("0.01"))
