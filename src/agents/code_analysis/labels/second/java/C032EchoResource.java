package com.acme.diagnostics.rest;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.enterprise.context.ApplicationScoped;
import javax.validation.constraints.NotNull;
import javax.validation.constraints.Size;
import javax.ws.rs.Consumes;
import javax.ws.rs.GET;
import javax.ws.rs.POST;
import javax.ws.rs.Path;
import javax.ws.rs.Produces;
import javax.ws.rs.QueryParam;
import javax.ws.rs.core.Context;
import javax.ws.rs.core.HttpHeaders;
import javax.ws.rs.core.MediaType;
import javax.ws.rs.core.Response;

@Path("/diagnostics")
@ApplicationScoped
public class C032EchoResource {

    private static final int MAX_LENGTH = 200;

    @GET
    @Path("/echo")
    @Produces(MediaType.TEXT_PLAIN)
    public Response echo(@QueryParam("text") @NotNull @Size(max = MAX_LENGTH) String text) {
        String body = "You said: " + text + "\n";
        return Response.ok(body, MediaType.TEXT_PLAIN_TYPE.withCharset("UTF-8"))
                .header("X-Content-Type-Options", "nosniff")
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .build();
    }

    @GET
    @Path("/languages")
    @Produces(MediaType.APPLICATION_JSON)
    public Map<String, Object> languages(@Context HttpHeaders headers) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("acceptable", headers.getAcceptableLanguages().size());
        result.put("time", Instant.now().toString());
        return result;
    }

    @POST
    @Path("/length")
    @Consumes(MediaType.TEXT_PLAIN)
    @Produces(MediaType.APPLICATION_JSON)
    public Map<String, Integer> length(@Size(max = 100_000) String body) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        counts.put("characters", body == null ? 0 : body.length());
        counts.put("lines", body == null ? 0 : (int) body.chars().filter(c -> c == '\n').count() + 1);
        return counts;
    }
}
