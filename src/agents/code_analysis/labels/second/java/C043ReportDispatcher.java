package com.acme.reporting.web;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import javax.servlet.ServletException;
import javax.servlet.annotation.WebServlet;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@WebServlet("/reports/run")
public class C043ReportDispatcher extends HttpServlet {

    private static final Logger LOG = LoggerFactory.getLogger(C043ReportDispatcher.class);
    private static final String DEFAULT_REPORT = "com.acme.reporting.SalesReport";

    public interface Report {
        String mimeType();

        byte[] render(Map<String, String> parameters);
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        try {
            Object report = create(request);
            if (!(report instanceof Report)) {
                response.sendError(HttpServletResponse.SC_BAD_REQUEST);
                return;
            }
            Report r = (Report) report;
            byte[] content = r.render(parameters(request));
            response.setContentType(r.mimeType());
            response.setContentLength(content.length);
            response.getOutputStream().write(content);
        } catch (ReflectiveOperationException e) {
            LOG.warn("report could not be created", e);
            response.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }

    private Object create(HttpServletRequest request) throws ReflectiveOperationException {
        String name = request.getParameter("report");
        String title = request.getParameter("title");
        Class<?> type = Class.forName(name == null ? DEFAULT_REPORT : name);
        try {
            return title == null
                    ? type.getDeclaredConstructor().newInstance()
                    : type.getConstructor(String.class).newInstance(title);
        } catch (InvocationTargetException e) {
            throw new ReflectiveOperationException(e.getCause());
        }
    }

    private static Map<String, String> parameters(HttpServletRequest request) {
        Map<String, String> result = new HashMap<>();
        for (String name : Collections.list(request.getParameterNames())) {
            if (name.startsWith("p.")) {
                result.put(name.substring(2), request.getParameter(name));
            }
        }
        return result;
    }
}
