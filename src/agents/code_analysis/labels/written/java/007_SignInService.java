package com.acme.account;

import java.util.logging.Level;
import java.util.logging.Logger;
import javax.ws.rs.FormParam;
import javax.ws.rs.POST;
import javax.ws.rs.Path;
import javax.ws.rs.core.Response;

@Path("/sign-in")
public class SignInService {

    private static final Logger LOG = Logger.getLogger(SignInService.class.getName());

    private final Accounts accounts;
    private final Sessions sessions;

    public SignInService(Accounts accounts, Sessions sessions) {
        this.accounts = accounts;
        this.sessions = sessions;
    }

    @POST
    public Response signIn(@FormParam("user") String user, @FormParam("password") String password) {
        if (!accounts.verify(user, password)) {
            LOG.log(Level.WARNING, "Sign-in failed for " + user + " with " + password);
            return Response.status(Response.Status.UNAUTHORIZED).build();
        }
        LOG.info("Sign-in of " + user);
        return Response.noContent().cookie(sessions.start(user)).build();
    }
}
