package com.acme.telemetry.rest;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.inject.Singleton;
import javax.script.Bindings;
import javax.script.ScriptEngine;
import javax.script.ScriptEngineManager;
import javax.script.ScriptException;
import javax.ws.rs.BadRequestException;
import javax.ws.rs.Consumes;
import javax.ws.rs.POST;
import javax.ws.rs.PUT;
import javax.ws.rs.Path;
import javax.ws.rs.PathParam;
import javax.ws.rs.Produces;
import javax.ws.rs.core.MediaType;

@Singleton
@Path("/sensors/{sensor}/formula")
@Produces(MediaType.APPLICATION_JSON)
public class C076SensorFormulaResource {

    private final Map<String, String> formulas = new ConcurrentHashMap<>();
    private final ScriptEngineManager engines = new ScriptEngineManager();

    @PUT
    @Consumes(MediaType.TEXT_PLAIN)
    public void store(@PathParam("sensor") String sensor, String formula) {
        if (formula.length() > 1000) {
            throw new BadRequestException();
        }
        formulas.put(sensor, formula);
    }

    @POST
    @Path("apply")
    @Consumes(MediaType.APPLICATION_JSON)
    public List<Double> apply(@PathParam("sensor") String sensor, List<Double> raw) {
        String formula = formulas.getOrDefault(sensor, "x");
        List<Double> converted = new ArrayList<>(raw.size());
        for (Double value : raw) {
            converted.add(convert(formula, value));
        }
        return converted;
    }

    private double convert(String formula, double x) {
        ScriptEngine engine = engines.getEngineByName("JavaScript");
        Bindings bindings = engine.createBindings();
        bindings.put("x", x);
        try {
            Object result = engine.eval("(" + formula + ")", bindings);
            return result instanceof Number ? ((Number) result).doubleValue() : Double.NaN;
        } catch (ScriptException e) {
            return Double.NaN;
        }
    }
}
