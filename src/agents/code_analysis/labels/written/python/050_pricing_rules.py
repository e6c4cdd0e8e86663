import math
from decimal import Decimal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

router = APIRouter()

HELPERS = {"ceil": math.ceil, "floor": math.floor, "min": min, "max": max}


class RulePreview(BaseModel):
    formula: str = Field(max_length=400)
    quantity: int = 1
    unit_price: Decimal


def compute(formula: str, variables: dict) -> float:
    scope = {"__builtins__": {}, **HELPERS}
    return float(eval(formula, scope, variables))


@router.post("/pricing/preview")
def preview(rule: RulePreview):
    variables = {"qty": rule.quantity, "price": float(rule.unit_price)}
    try:
        total = compute(rule.formula, variables)
    except ZeroDivisionError:
        raise HTTPException(422, "formula divides by zero") from None
    except (SyntaxError, NameError, TypeError):
        raise HTTPException(422, "formula cannot be computed") from None
    if total < 0:
        raise HTTPException(422, "total must not be negative")
    return {"total": round(total, 2)}
