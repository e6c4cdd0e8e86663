package com.acme.pricing;

import java.math.BigDecimal;
import java.util.Map;
import org.springframework.expression.EvaluationException;
import org.springframework.expression.Expression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.SimpleEvaluationContext;

public class FormulaService {

    public record Basket(BigDecimal total, int items) {
    }

    private final Map<String, Expression> formulas;

    public FormulaService() {
        SpelExpressionParser parser = new SpelExpressionParser();
        formulas = Map.of(
                "standard", parser.parseExpression("total"),
                "bulk", parser.parseExpression("items > 10 ? total * 0.9 : total"),
                "member", parser.parseExpression("total * 0.95"));
    }

    public BigDecimal price(String plan, Basket basket) {
        Expression formula = formulas.get(plan);
        if (formula == null) {
            throw new IllegalArgumentException("unknown plan");
        }
        SimpleEvaluationContext context = SimpleEvaluationContext.forReadOnlyDataBinding().build();
        try {
            return formula.getValue(context, basket, BigDecimal.class);
        } catch (EvaluationException e) {
            throw new IllegalStateException("formula failed", e);
        }
    }
}
