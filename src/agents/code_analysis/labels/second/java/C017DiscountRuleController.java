package com.acme.pricing.web;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.expression.EvaluationException;
import org.springframework.expression.Expression;
import org.springframework.expression.ExpressionParser;
import org.springframework.expression.ParseException;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.StandardEvaluationContext;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
@RequestMapping("/api/discount-rules")
public class C017DiscountRuleController {

    private static final Logger log = LoggerFactory.getLogger(C017DiscountRuleController.class);

    private final ExpressionParser parser = new SpelExpressionParser();

    @PostMapping("/simulate")
    public ResponseEntity<?> simulate(@RequestBody SimulationRequest request) {
        if (request.baskets == null || request.baskets.size() > 100) {
            return ResponseEntity.badRequest().build();
        }
        try {
            List<Boolean> result = request.baskets.stream()
                    .map(basket -> matches(request.rule, basket))
                    .collect(Collectors.toList());
            return ResponseEntity.ok(result);
        } catch (ParseException | EvaluationException e) {
            log.info("rule could not be evaluated");
            return ResponseEntity.unprocessableEntity().build();
        }
    }

    private boolean matches(String rule, Basket basket) {
        StandardEvaluationContext context = new StandardEvaluationContext(basket);
        context.setVariable("minimum", new BigDecimal("20.00"));
        Expression expression = parser.parseExpression(rule);
        Boolean value = expression.getValue(context, Boolean.class);
        return Boolean.TRUE.equals(value);
    }

    public static class SimulationRequest {
        public String rule;
        public List<Basket> baskets;
    }

    public static class Basket {
        public BigDecimal total;
        public int items;
        public String country;
        public boolean firstOrder;
    }
}
