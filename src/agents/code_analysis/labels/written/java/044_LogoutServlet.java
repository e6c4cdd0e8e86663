package com.acme.portal;

import java.io.IOException;
import javax.servlet.annotation.WebServlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.servlet.http.HttpSession;

@WebServlet("/logout")
public class LogoutServlet extends HttpServlet {

    private static final String SITE = "https://portal.acme.example";

    private boolean acceptable(String target) {
        return target != null && (target.startsWith("/") || target.startsWith(SITE));
    }

    @Override
    protected void doPost(HttpServletRequest req, HttpServletResponse resp) throws IOException {
        HttpSession session = req.getSession(false);
        if (session != null) {
            session.invalidate();
        }
        String target = req.getParameter("returnTo");
        if (!acceptable(target)) {
            target = "/";
        }
        resp.sendRedirect(target);
    }
}
