package com.acme.alerts;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

public class C013AlertRuleParser {

    public static class AlertRule {
        private final String metric;
        private final double threshold;
        private final int minutes;

        AlertRule(String metric, double threshold, int minutes) {
            this.metric = metric;
            this.threshold = threshold;
            this.minutes = minutes;
        }

        public boolean exceeded(double value) {
            return value > threshold;
        }

        public String metric() {
            return metric;
        }

        public int minutes() {
            return minutes;
        }
    }

    public static class RuleFormatException extends Exception {
        RuleFormatException(String message) {
            super(message);
        }
    }

    private static Yaml yaml() {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(20);
        options.setAllowDuplicateKeys(false);
        options.setCodePointLimit(500_000);
        options.setNestingDepthLimit(20);
        return new Yaml(new SafeConstructor(options));
    }

    public List<AlertRule> parse(String text) throws RuleFormatException {
        Object document;
        try {
            document = yaml().load(text);
        } catch (YAMLException e) {
            throw new RuleFormatException("the rules are not valid YAML");
        }
        if (!(document instanceof List)) {
            throw new RuleFormatException("a list of rules is expected");
        }
        List<AlertRule> rules = new ArrayList<>();
        for (Object item : (List<?>) document) {
            if (!(item instanceof Map)) {
                throw new RuleFormatException("a rule must be a mapping");
            }
            rules.add(toRule((Map<?, ?>) item));
        }
        return rules;
    }

    private static AlertRule toRule(Map<?, ?> map) throws RuleFormatException {
        Object metric = map.get("metric");
        Object threshold = map.get("threshold");
        Object minutes = map.get("minutes");
        if (!(metric instanceof String) || !(threshold instanceof Number)) {
            throw new RuleFormatException("metric and threshold are required");
        }
        int m = minutes instanceof Number ? ((Number) minutes).intValue() : 5;
        return new AlertRule((String) metric, ((Number) threshold).doubleValue(), Math.max(1, Math.min(m, 1440)));
    }
}
