package com.acme.forms;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.ws.rs.GET;
import javax.ws.rs.Path;
import javax.ws.rs.QueryParam;
import javax.ws.rs.core.Response;

@Path("/forms")
public class FormFilter {

    private static final Pattern MAIL =
            Pattern.compile("^([a-zA-Z0-9]+[._-]?)+@([a-zA-Z0-9]+[.-]?)+\\.[a-z]{2,}$");

    private final FormStore store;

    public FormFilter(FormStore store) {
        this.store = store;
    }

    @GET
    public Response find(@QueryParam("owner") String owner, @QueryParam("match") String match) {
        if (owner == null || !MAIL.matcher(owner).matches()) {
            return Response.status(Response.Status.BAD_REQUEST).build();
        }
        Pattern wanted = Pattern.compile(match == null ? ".*" : match);
        List<String> hits = new ArrayList<>();
        for (String title : store.titles(owner)) {
            if (wanted.matcher(title).matches()) {
                hits.add(title);
            }
        }
        return Response.ok(hits).build();
    }
}
