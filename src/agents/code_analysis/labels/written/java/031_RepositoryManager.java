package com.acme.scm;

import java.io.File;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import javax.ws.rs.Consumes;
import javax.ws.rs.POST;
import javax.ws.rs.Path;
import javax.ws.rs.core.MediaType;
import javax.ws.rs.core.Response;

@Path("/repositories")
public class RepositoryManager {

    public static class ImportRequest {
        public String url;
        public String revision;
    }

    private final File base = new File("/srv/repositories");

    private int run(String... command) throws IOException, InterruptedException {
        Process p = new ProcessBuilder(Arrays.asList(command)).directory(base).inheritIO().start();
        if (!p.waitFor(5, TimeUnit.MINUTES)) {
            p.destroyForcibly();
            return -1;
        }
        return p.exitValue();
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    public Response importRepository(ImportRequest request) throws IOException, InterruptedException {
        String dir = Long.toHexString(System.nanoTime());
        int code = run("hg", "clone", request.url, dir);
        if (code == 0 && request.revision != null) {
            code = run("hg", "update", "-R", dir, request.revision);
        }
        return code == 0 ? Response.accepted().build() : Response.serverError().build();
    }
}
