package com.acme.docs;

import java.io.File;
import javax.ws.rs.GET;
import javax.ws.rs.Path;
import javax.ws.rs.PathParam;
import javax.ws.rs.Produces;
import javax.ws.rs.core.MediaType;
import javax.ws.rs.core.Response;

@Path("/documents")
public class DocumentResource {

    private final File root;

    public DocumentResource(DocumentConfig config) {
        this.root = new File(config.directory());
    }

    private File locate(String tenant, String name) {
        return new File(new File(root, tenant), name);
    }

    @GET
    @Path("{tenant}/{name: .+}")
    @Produces(MediaType.APPLICATION_OCTET_STREAM)
    public Response download(@PathParam("tenant") String tenant, @PathParam("name") String name) {
        File file = locate(tenant, name);
        if (!file.isFile()) {
            return Response.status(Response.Status.NOT_FOUND).build();
        }
        return Response.ok(file)
                .header("X-Content-Type-Options", "nosniff")
                .build();
    }
}
