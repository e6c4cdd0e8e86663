package com.acme.tax;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import javax.script.Bindings;
import javax.script.Compilable;
import javax.script.CompiledScript;
import javax.script.ScriptEngine;
import javax.script.ScriptEngineManager;
import javax.script.ScriptException;

public class C075TaxScriptRunner {

    private static final String SCRIPT = "/scripts/tax-rules.js";
    private static final Set<String> COUNTRIES = Set.of("DE", "AT", "CH", "FR", "IT");

    private final ScriptEngine engine;
    private final CompiledScript script;

    public C075TaxScriptRunner() throws IOException, ScriptException {
        engine = new ScriptEngineManager().getEngineByName("nashorn");
        if (engine == null) {
            throw new IllegalStateException("script engine is not available");
        }
        try (InputStream in = C075TaxScriptRunner.class.getResourceAsStream(SCRIPT)) {
            if (in == null) {
                throw new IOException("tax rules are missing");
            }
            try (Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
                script = ((Compilable) engine).compile(reader);
            }
        }
    }

    public synchronized BigDecimal tax(String country, BigDecimal net, boolean reduced) {
        String code = country == null ? "" : country.toUpperCase(Locale.ROOT);
        if (!COUNTRIES.contains(code)) {
            throw new IllegalArgumentException("country is not supported");
        }
        Bindings bindings = engine.createBindings();
        bindings.put("country", code);
        bindings.put("net", net.doubleValue());
        bindings.put("reduced", reduced);
        try {
            Object result = script.eval(bindings);
            if (!(result instanceof Number)) {
                throw new IllegalStateException("tax rules returned no number");
            }
            return BigDecimal.valueOf(((Number) result).doubleValue()).setScale(2, RoundingMode.HALF_UP);
        } catch (ScriptException e) {
            throw new IllegalStateException("tax rules failed", e);
        }
    }
}
