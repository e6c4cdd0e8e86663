package com.acme.sso;

import java.io.IOException;
import java.util.Optional;
import javax.inject.Inject;
import javax.servlet.ServletException;
import javax.servlet.annotation.WebServlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@WebServlet("/sso/acs")
public class C058SsoCallbackServlet extends HttpServlet {

    private static final Logger LOG = LoggerFactory.getLogger(C058SsoCallbackServlet.class);
    private static final String USER = "sso.user";

    @Inject
    private AssertionVerifier verifier;

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        String assertion = request.getParameter("SAMLResponse");
        if (assertion == null) {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST);
            return;
        }
        Optional<String> user = verifier.verify(assertion);
        if (!user.isPresent()) {
            LOG.warn("assertion refused");
            response.sendError(HttpServletResponse.SC_FORBIDDEN);
            return;
        }
        HttpSession old = request.getSession(false);
        if (old != null) {
            old.invalidate();
        }
        request.getSession(true).setAttribute(USER, user.get());

        String target = targetOf(request);
        response.sendRedirect(target);
    }

    private String targetOf(HttpServletRequest request) {
        String relay = request.getParameter("RelayState");
        if (relay == null || relay.trim().isEmpty()) {
            return request.getContextPath() + "/home";
        }
        return relay.trim();
    }

    public interface AssertionVerifier {
        Optional<String> verify(String assertion);
    }
}
