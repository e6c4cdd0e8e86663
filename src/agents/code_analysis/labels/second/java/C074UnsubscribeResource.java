package com.acme.newsletter.rest;

import java.util.Optional;
import java.util.UUID;
import javax.enterprise.context.RequestScoped;
import javax.inject.Inject;
import javax.ws.rs.GET;
import javax.ws.rs.POST;
import javax.ws.rs.FormParam;
import javax.ws.rs.Path;
import javax.ws.rs.Produces;
import javax.ws.rs.QueryParam;
import javax.ws.rs.core.MediaType;
import javax.ws.rs.core.Response;
import org.jboss.logging.Logger;

@Path("/unsubscribe")
@RequestScoped
@Produces(MediaType.TEXT_HTML)
public class C074UnsubscribeResource {

    private static final Logger LOG = Logger.getLogger(C074UnsubscribeResource.class);

    private static final String PAGE = "<!doctype html>\n"
            + "<html><head><meta charset=\"utf-8\"><title>%1$s</title></head>\n"
            + "<body><h1>%1$s</h1><p>%2$s</p></body></html>\n";

    @Inject
    SubscriptionStore store;

    @GET
    public Response confirm(@QueryParam("email") String email, @QueryParam("token") String token) {
        if (email == null || token == null) {
            return page(Response.Status.BAD_REQUEST, "Incomplete link", "Please use the link of the newsletter.");
        }
        String text = "Do you really want to unsubscribe " + email + "?"
                + "<form method=\"post\"><button>Yes</button></form>";
        return page(Response.Status.OK, "Unsubscribe", text);
    }

    @POST
    public Response unsubscribe(@FormParam("token") UUID token) {
        Optional<Long> removed = store.remove(token);
        LOG.infof("unsubscribe %s", removed.isPresent() ? "done" : "without match");
        return page(Response.Status.OK, "Unsubscribed", "You will not receive further newsletters.");
    }

    private Response page(Response.Status status, String title, String body) {
        String html = String.format(PAGE, title, body);
        return Response.status(status).entity(html).build();
    }

    public interface SubscriptionStore {
        Optional<Long> remove(UUID token);
    }
}
