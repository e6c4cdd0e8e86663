package com.acme.registry;

import java.util.Hashtable;
import javax.naming.Context;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;
import javax.ws.rs.GET;
import javax.ws.rs.Path;
import javax.ws.rs.QueryParam;
import javax.ws.rs.core.Response;

@Path("/datasources/check")
public class JndiRegistry {

    private final Context context;

    public JndiRegistry(Hashtable<String, String> environment) throws NamingException {
        this.context = new InitialContext(environment);
    }

    private DataSource find(String name) throws NamingException {
        return (DataSource) context.lookup(name);
    }

    @GET
    public Response check(@QueryParam("name") String name) {
        try (java.sql.Connection c = find(name).getConnection()) {
            return Response.ok(c.isValid(2)).build();
        } catch (NamingException | java.sql.SQLException e) {
            return Response.status(Response.Status.NOT_FOUND).build();
        }
    }
}
