package com.acme.guestbook;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.LocalDate;
import javax.servlet.annotation.WebServlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;

@WebServlet("/guestbook")
public class GuestbookServlet extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private void head(PrintWriter out, String title) {
        out.println("<!doctype html><html><head><title>" + title + "</title></head><body>");
    }

    @Override
    protected void doGet(HttpServletRequest req, HttpServletResponse resp) throws IOException {
        resp.setContentType("text/html;charset=UTF-8");
        String visitor = req.getParameter("name");
        if (visitor == null || visitor.isBlank()) {
            visitor = "guest";
        }
        PrintWriter out = resp.getWriter();
        head(out, "Guestbook");
        out.println("<h1>Welcome, " + visitor.trim() + "</h1>");
        out.println("<p>Today is " + LocalDate.now() + "</p>");
        out.println("</body></html>");
    }
}
