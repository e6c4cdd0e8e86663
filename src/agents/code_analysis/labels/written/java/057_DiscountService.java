package com.acme.pricing;

import java.math.BigDecimal;
import org.springframework.expression.Expression;
import org.springframework.expression.ExpressionParser;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.StandardEvaluationContext;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class DiscountService {

    public static class PreviewRequest {
        public String formula;
        public BigDecimal amount;
    }

    private final ExpressionParser parser = new SpelExpressionParser();

    private BigDecimal apply(String formula, BigDecimal amount) {
        StandardEvaluationContext context = new StandardEvaluationContext();
        context.setVariable("amount", amount);
        Expression expression = parser.parseExpression(formula);
        return expression.getValue(context, BigDecimal.class);
    }

    @PostMapping("/discounts/preview")
    public BigDecimal preview(@RequestBody PreviewRequest request) {
        BigDecimal result = apply(request.formula, request.amount);
        return result.signum() < 0 ? BigDecimal.ZERO : result;
    }
}
