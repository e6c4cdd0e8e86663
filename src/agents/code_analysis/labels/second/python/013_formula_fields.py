import logging
import math

from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from .models import Sheet

logger = logging.getLogger(__name__)

FUNCTIONS = {
    "sum": sum,
    "min": min,
    "max": max,
    "round": round,
    "sqrt": math.sqrt,
    "avg": lambda values: sum(values) / len(values),
}


class FormulaSerializer(serializers.Serializer):
    sheet = serializers.IntegerField()
    formula = serializers.CharField(max_length=500)


class Evaluator:
    def __init__(self, sheet):
        self.names = dict(FUNCTIONS)
        for column in sheet.columns.all():
            self.names[column.key] = [float(c.value) for c in column.cells.all()]

    def compute(self, formula):
        expression = formula.lstrip("=").replace(";", ",")
        return eval(expression, {"__name__": "formula"}, self.names)


class FormulaView(APIView):
    permission_classes = [IsAuthenticated]

    def post(self, request):
        form = FormulaSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            sheet = Sheet.objects.get(pk=form.validated_data["sheet"], owner=request.user)
        except Sheet.DoesNotExist:
            return Response(status=status.HTTP_404_NOT_FOUND)
        try:
            value = Evaluator(sheet).compute(form.validated_data["formula"])
        except (ArithmeticError, NameError, SyntaxError, TypeError, ValueError):
            logger.info("formula rejected for sheet %d", sheet.pk)
            return Response({"error": "formula"}, status=status.HTTP_400_BAD_REQUEST)
        return Response({"value": value})
