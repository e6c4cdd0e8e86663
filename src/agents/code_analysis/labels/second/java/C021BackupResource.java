package com.acme.ops.rest;

import java.io.File;
import java.io.IOException;
import java.time.LocalDate;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.annotation.security.RolesAllowed;
import javax.ws.rs.FormParam;
import javax.ws.rs.GET;
import javax.ws.rs.POST;
import javax.ws.rs.Path;
import javax.ws.rs.Produces;
import javax.ws.rs.core.MediaType;
import javax.ws.rs.core.Response;

@Path("/backups")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed("operator")
public class C021BackupResource {

    private static final Logger LOGGER = Logger.getLogger(C021BackupResource.class.getName());
    private static final File TARGET = new File("/var/backups/pg");

    @GET
    public String[] list() {
        String[] names = TARGET.list((dir, name) -> name.endsWith(".dump.gz"));
        return names == null ? new String[0] : names;
    }

    @POST
    public Response create(@FormParam("database") String database, @FormParam("label") String label) {
        if (database == null || database.trim().isEmpty()) {
            return Response.status(Response.Status.BAD_REQUEST).build();
        }
        String suffix = label == null ? LocalDate.now().toString() : label;
        try {
            int exit = dump(database.trim(), suffix);
            return exit == 0
                    ? Response.status(Response.Status.CREATED).build()
                    : Response.serverError().build();
        } catch (IOException e) {
            LOGGER.log(Level.SEVERE, "backup failed", e);
            return Response.serverError().build();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Response.status(Response.Status.SERVICE_UNAVAILABLE).build();
        }
    }

    private int dump(String database, String suffix) throws IOException, InterruptedException {
        StringBuilder command = new StringBuilder();
        command.append("pg_dump -Fc ").append(database);
        command.append(" | gzip > ").append(TARGET.getPath()).append('/');
        command.append(database).append('-').append(suffix).append(".dump.gz");
        boolean windows = System.getProperty("os.name").startsWith("Windows");
        String[] argv = windows
                ? new String[] {"cmd.exe", "/c", command.toString()}
                : new String[] {"sh", "-c", command.toString()};
        Process process = Runtime.getRuntime().exec(argv, null, TARGET);
        return process.waitFor();
    }
}
