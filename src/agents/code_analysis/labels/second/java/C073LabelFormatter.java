package com.acme.pricing.format;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.springframework.expression.Expression;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.expression.spel.support.SimpleEvaluationContext;
import org.springframework.stereotype.Component;

@Component
public class C073LabelFormatter {

    public enum Style {
        SHORT("name"),
        LONG("name + ' (' + sku + ')'"),
        PRICE("name + ': ' + priceCents / 100 + '.' + (priceCents % 100 < 10 ? '0' : '') + priceCents % 100");

        private final String expression;

        Style(String expression) {
            this.expression = expression;
        }
    }

    private final Map<Style, Expression> compiled = new EnumMap<>(Style.class);

    public C073LabelFormatter() {
        SpelExpressionParser parser = new SpelExpressionParser();
        for (Style style : Style.values()) {
            compiled.put(style, parser.parseExpression(style.expression));
        }
    }

    public String format(Article article, Style style) {
        Objects.requireNonNull(article, "article");
        SimpleEvaluationContext context = SimpleEvaluationContext.forReadOnlyDataBinding()
                .withRootObject(article)
                .build();
        return compiled.get(style).getValue(context, String.class);
    }

    public String format(Article article, String styleName) {
        for (Style style : Style.values()) {
            if (style.name().equalsIgnoreCase(styleName)) {
                return format(article, style);
            }
        }
        return format(article, Style.SHORT);
    }

    public static final class Article {
        private final String name;
        private final String sku;
        private final long priceCents;

        public Article(String name, String sku, long priceCents) {
            this.name = name;
            this.sku = sku;
            this.priceCents = priceCents;
        }

        public String getName() {
            return name;
        }

        public String getSku() {
            return sku;
        }

        public long getPriceCents() {
            return priceCents;
        }
    }
}
