package com.acme.scoring;

import java.util.Map;
import javax.script.Bindings;
import javax.script.ScriptEngine;
import javax.script.ScriptEngineManager;
import javax.script.ScriptException;
import javax.ws.rs.FormParam;
import javax.ws.rs.POST;
import javax.ws.rs.Path;
import javax.ws.rs.core.Response;

@Path("/score")
public class ScoreScript {

    private final ScriptEngineManager engines = new ScriptEngineManager();
    private final Map<String, Double> weights;

    public ScoreScript(Map<String, Double> weights) {
        this.weights = weights;
    }

    @POST
    public Response score(@FormParam("script") String script, @FormParam("value") double value) {
        ScriptEngine engine = engines.getEngineByName("groovy");
        Bindings bindings = engine.createBindings();
        bindings.put("value", value);
        bindings.put("weights", weights);
        try {
            Object result = engine.eval(script, bindings);
            return Response.ok(String.valueOf(result)).build();
        } catch (ScriptException e) {
            return Response.status(422).build();
        }
    }
}
